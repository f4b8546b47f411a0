// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.ClusterName;

/**
 * The lines of a file that is not TOML, without comments and without those that certainly belong to other clusters.
 * Where it is uncertain to which cluster a line belongs, it stays. Immutable.
 */
record SectionLines(List<String> lines) {
    private static final String CLUSTER = "[cluster.";
    /** A key stands at the beginning of a line or in an inline table. */
    private static final Pattern KEY = Pattern.compile("(?:^|[{,])\\s*([\\w.\"'-]+)");

    SectionLines {
        lines = List.copyOf(lines);
    }

    static SectionLines of(String text, ClusterName cluster) {
        List<String> lines = new ArrayList<>();
        boolean isOfAnother = false;
        for (String each : text.split("\\R", -1)) {
            String line = each.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[")) {
                isOfAnother = isHeaderOfAnother(line, cluster.value());
            }
            if (!isOfAnother) {
                lines.add(line);
            }
        }
        return new SectionLines(lines);
    }

    private static boolean isHeaderOfAnother(String line, String cluster) {
        String header = line.replaceAll("[\\s\"']", "");
        if (!header.startsWith(CLUSTER) || header.indexOf('\\') >= 0) {
            return false;
        }
        String name = header.substring(CLUSTER.length());
        // [cluster.main2] is of another one than main; [cluster.main.check], [cluster.main and [cluster.] are not.
        return !name.isEmpty()
                && Character.isLetterOrDigit(name.charAt(0))
                && (!name.startsWith(cluster)
                        || (name.length() > cluster.length()
                                && (Character.isLetterOrDigit(name.charAt(cluster.length()))
                                        || "-_".indexOf(name.charAt(cluster.length())) >= 0)));
    }

    /** The last parts of everything that may be a key. */
    List<String> keys() {
        List<String> keys = new ArrayList<>();
        for (String line : lines) {
            Matcher key = KEY.matcher(line);
            while (key.find()) {
                String name = key.group(1).replaceAll("[\"']", "");
                keys.add(name.substring(name.lastIndexOf('.') + 1));
            }
        }
        return keys;
    }
}
