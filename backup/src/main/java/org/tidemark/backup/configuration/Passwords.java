// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A configuration file without the passwords in it: in connection strings and URIs, for LDAP and RADIUS, in variables
 * of an environment. A wrong value takes their place, so that access fails and is not granted by a later line. Comments
 * are searched as well. Immutable.
 *
 * @param found what was replaced: the name of a value, and the number of its line
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Passwords(byte[] without, List<String> found) {
    static final String PLACEHOLDER = "left-out";

    private static final String NAME =
            "(?i:\\b[a-z0-9_.-]*(?:passw(?:or)?d|ldapbindpasswd|radiussecrets|secret|secret_access_key|account_key))";

    /** The forms of a value: within quotes of a settings file, of a connection string in one, of pg_hba.conf, bare. */
    private static final List<Pattern> VALUES = List.of(
            Pattern.compile("(?<=\")(?<name>" + NAME + ")(?<before>\\s*=\\s*)(?<value>[^\"]+)(?=\")"),
            Pattern.compile("(?<name>" + NAME + ")(?<before>\\s*=\\s*'')(?<value>(?:(?!'').)+)(?='')"),
            Pattern.compile("(?<name>" + NAME + ")(?<before>\\s*=\\s*\\\\')(?<value>(?:(?!\\\\').)+)(?=\\\\')"),
            Pattern.compile("(?<name>" + NAME + ")(?<before>\\s*=\\s*\")(?<value>[^\"]+)(?=\")"),
            Pattern.compile("(?<name>" + NAME + ")(?<before>\\s*=\\s*')(?<value>[^']+)(?=')"),
            Pattern.compile("(?<name>" + NAME + ")(?<before>\\s*=\\s*)(?<value>[^\\s'\"\\\\,][^\\s'\",]*)"),
            Pattern.compile("(?<name>\\b[a-z]+://)(?<before>[^\\s:/@'\"]*:)(?<value>[^\\s@'\"/]+)(?=@)"));

    static Passwords of(byte[] content) {
        // Each byte stays what it is.
        String text = new String(content, StandardCharsets.ISO_8859_1);
        List<String> found = new ArrayList<>();
        StringBuilder without = new StringBuilder();
        int number = 0;
        for (String line : text.split("(?<=\n)", -1)) {
            number++;
            without.append(leaveOut(line, number, found));
        }
        return new Passwords(without.toString().getBytes(StandardCharsets.ISO_8859_1), List.copyOf(found));
    }

    private static String leaveOut(String line, int number, List<String> found) {
        String left = line;
        for (Pattern pattern : VALUES) {
            Matcher matcher = pattern.matcher(left);
            StringBuilder replaced = new StringBuilder();
            while (matcher.find()) {
                if (!matcher.group("value").equals(PLACEHOLDER)) {
                    String name = matcher.group("name");
                    found.add((name.endsWith("://") ? "password of " + name : name) + " in line " + number);
                }
                matcher.appendReplacement(
                        replaced,
                        Matcher.quoteReplacement(matcher.group("name") + matcher.group("before") + PLACEHOLDER));
            }
            left = matcher.appendTail(replaced).toString();
        }
        return left;
    }

    boolean isEmpty() {
        return found.isEmpty();
    }
}
