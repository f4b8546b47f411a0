// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Everything that is wrong with the configuration, each with its source, its key and what would be right. */
public final class ConfigurationException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(List<String> problems) {
        super(
                ExitCode.USAGE,
                "the configuration has " + (problems.size() == 1 ? "a problem" : problems.size() + " problems") + "\n  "
                        + String.join("\n  ", problems),
                "Correct what is named above, then check the result with: tidemark config");
    }
}
