// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tidemark.config.Setting.Origin;
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

    /** Collects everything that is wrong, so that all of it is said at once. Not thread-safe. */
    static final class ConfigurationProblems {
        private final Set<String> problems = new LinkedHashSet<>();

        void add(Origin origin, String problem) {
            problems.add(origin + ": " + problem);
        }

        void addValue(Setting setting, String expected) {
            add(setting.origin(), "'" + setting.key() + "' cannot be '" + shown(setting) + "': expected " + expected);
        }

        private static String shown(Setting setting) {
            return SecretMask.shown(setting.key(), setting.value());
        }

        void throwIfAny() {
            if (!problems.isEmpty()) {
                throw new ConfigurationException(new ArrayList<>(problems));
            }
        }

        List<String> all() {
            return List.copyOf(problems);
        }
    }
}
