// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.cli.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Where the launcher is that started this process. */
final class LauncherPath {
    static final String VARIABLE = "TIDEMARK_LAUNCHER";

    private LauncherPath() {}

    static String absolute(Environment environment) {
        return environment
                .variable(VARIABLE)
                .filter(path -> path.startsWith("/"))
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "it is not known by which path PostgreSQL can call this program",
                        "Call it by its launcher 'tidemark', which sets " + VARIABLE + "."));
    }
}
