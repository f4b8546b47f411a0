// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.core.Sha256;

/**
 * The variables that decide where a segment goes. The launcher looks at these alone, so a segment that was archived
 * with the same ones is acknowledged to a call that differs in others. The same list stands in the launcher.
 */
public final class DecidingVariables {
    private static final List<String> BEGINNINGS =
            List.of("TIDEMARK_", "AWS_", "AZURE_", "GOOGLE_", "OS_", "ST_", "RSYNC_", "KRB5", "LD_", "JAVA_", "JDK_");
    private static final List<String> NAMES =
            List.of("SSH_AUTH_SOCK", "USER", "LOGNAME", "HOME", "PATH", "TZ", "XDG_CONFIG_HOME", "XDG_STATE_HOME");
    private static final List<String> ENDS = List.of("_proxy", "_PROXY");

    /** Variables of the launcher and of one call. */
    private static final Set<String> OF_THE_LAUNCHER = Set.of(
            "TIDEMARK_CALL",
            "TIDEMARK_CALLER",
            "TIDEMARK_CALL_FILE",
            "TIDEMARK_FETCH_OPTIONS",
            "TIDEMARK_HOME",
            "TIDEMARK_JAVA_OPTIONS",
            "TIDEMARK_LAUNCHER",
            "TIDEMARK_LINE_PREFIX",
            "TIDEMARK_LOOKED_AT",
            "TIDEMARK_PARENT",
            "TIDEMARK_STAYS");

    private DecidingVariables() {}

    /** Whether the launcher looks at it. */
    static boolean decides(String name) {
        return NAMES.contains(name)
                || BEGINNINGS.stream().anyMatch(name::startsWith)
                || ENDS.stream().anyMatch(name::endsWith);
    }

    /**
     * Whether the launcher looks at all variables that a store reads, so that what one call has archived may be
     * acknowledged to another one.
     *
     * @param read as a store's declaration has them
     */
    public static boolean include(List<String> read) {
        return read.stream()
                .allMatch(each -> NAMES.contains(each) || BEGINNINGS.stream().anyMatch(each::startsWith));
    }

    /** The patterns, as the launcher has them. */
    static Set<String> patterns() {
        Set<String> patterns = new TreeSet<>();
        BEGINNINGS.forEach(each -> patterns.add(each + "*=*"));
        NAMES.forEach(each -> patterns.add(each + "=*"));
        ENDS.forEach(each -> patterns.add("*" + each + "=*"));
        return patterns;
    }

    /** The deciding variables of an environment, each with the digest of its value, which may be a secret. */
    static Map<String, String> of(Map<String, String> environment) {
        Map<String, String> deciding = new TreeMap<>();
        environment.forEach((name, value) -> {
            if (decides(name) && !OF_THE_LAUNCHER.contains(name)) {
                deciding.put(
                        name, Sha256.of(value.getBytes(StandardCharsets.UTF_8)).hex());
            }
        });
        return deciding;
    }

    /** The names that have another value, or none. */
    static Set<String> differences(Map<String, String> some, Map<String, String> others) {
        Set<String> names = new TreeSet<>(some.keySet());
        names.addAll(others.keySet());
        names.removeIf(name -> some.containsKey(name) && some.get(name).equals(others.get(name)));
        return names;
    }
}
