// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Everything that is wrong with the configuration, each with its source, its key and what would be right. */
public final class ConfigurationException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // no exception of this program is serialized
    private final List<String> problems;

    public ConfigurationException(List<String> problems) {
        super(
                ExitCode.USAGE,
                "the configuration has " + (problems.size() == 1 ? "a problem" : problems.size() + " problems") + "\n  "
                        + String.join("\n  ", problems),
                "Correct what is named above, then check the result with: tidemark config");
        this.problems = List.copyOf(problems);
    }

    /** Each begins with its source, such as {@code /etc/tidemark/tidemark.toml:5: }. */
    public List<String> problems() {
        return problems;
    }

    /** Collects everything that is wrong, so that all of it is said at once. Not thread-safe. */
    static final class ConfigurationProblems {
        private final Map<String, Optional<SettingKey>> problems = new LinkedHashMap<>();

        /** A problem of a whole file, or of the environment. */
        void add(Origin origin, String problem) {
            problems.put(origin + ": " + problem, Optional.empty());
        }

        /** A problem of one key. */
        void add(SettingKey key, Origin origin, String problem) {
            problems.putIfAbsent(origin + ": " + problem, Optional.of(key));
        }

        /** Only the problems of whole files and of keys that {@code concerned} accepts. */
        ConfigurationProblems only(Predicate<SettingKey> concerned) {
            ConfigurationProblems left = new ConfigurationProblems();
            problems.forEach((problem, key) -> {
                if (key.isEmpty() || concerned.test(key.get())) {
                    left.problems.put(problem, key);
                }
            });
            return left;
        }

        boolean isEmpty() {
            return problems.isEmpty();
        }

        /** Whether something is wrong of which no key is known. */
        boolean areOfWholeFiles() {
            return problems.containsValue(Optional.<SettingKey>empty());
        }

        void addAll(ConfigurationProblems others) {
            others.problems.forEach(problems::putIfAbsent);
        }

        void addValue(Setting setting, String expected) {
            add(setting.origin(), "'" + setting.key() + "' cannot be '" + shown(setting) + "': expected " + expected);
        }

        private static String shown(Setting setting) {
            return SecretMask.shown(setting.key(), setting.value());
        }

        void throwIfAny() {
            if (!problems.isEmpty()) {
                throw new ConfigurationException(new ArrayList<>(problems.keySet()));
            }
        }

        List<String> all() {
            return List.copyOf(problems.keySet());
        }
    }
}
