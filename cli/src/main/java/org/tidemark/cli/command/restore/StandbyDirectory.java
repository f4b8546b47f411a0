// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.nio.file.Path;
import org.tidemark.cli.call.CommandContext;
import picocli.CommandLine.Option;

/** Which standby of this host is meant. */
final class StandbyDirectory {
    @Option(
            names = "--standby",
            paramLabel = "DIR",
            required = true,
            description = "the data directory of the standby, which runs on this host")
    private Path directory = Path.of("");

    /** Absolute. */
    Path path(CommandContext context) {
        return context.environment().workingDirectory().resolve(directory).normalize();
    }
}
