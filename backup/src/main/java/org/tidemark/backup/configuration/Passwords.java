// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.catalog.backup.StoredConfiguration.Kind;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;

/**
 * A configuration file without the passwords that are recognized in it, by their names or by the form of a connection
 * string or address. Each is read by the rules of its file, and replaced as a whole by a wrong value: half a password
 * is as bad as one, and a line that is left out could let a later one decide. Comments are searched as well. Immutable.
 *
 * @param found what was replaced: a name, and the number of its line
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Passwords(byte[] without, List<String> found) {
    static final String PLACEHOLDER = "left-out";

    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i).*(?:passw(?:or)?d|passphrase|secret|token|credential|cipher[-_]?pass"
                    + "|(?:access|account|storage|api|private|encryption)[-_]?key).*");

    /** Settings of PostgreSQL whose names only look like one. */
    private static final Set<String> NO_SECRETS =
            Set.of("password_encryption", "ssl_passphrase_command_supports_reload", "passwordcheck.min_length");

    /** A switch, a number, an amount. */
    private static final Pattern PLAIN = Pattern.compile("(?i)on|off|true|false|yes|no|[-+]?[0-9.]+ ?[a-z]{0,3}");

    /** A password in a text of any form, such as a shell command. */
    private static final Pattern SUSPECT = Pattern.compile(
            "(?i)(?:passw(?:or)?d|passphrase|secret|token|credential|cipher-pass|[-_]key)[a-z0-9_-]*\\s*[=:]\\s*\\S"
                    + "|://[^\\s/@]*:[^\\s@]*@|(?:^|\\s)-u\\s*\\S+:\\S");

    private static final Pattern CONNINFO =
            Pattern.compile("(?i)\\b((?:ssl)?password)\\s*=\\s*(?:'(?:[^'\\\\]|\\\\.)*'?|(?:\\\\.|[^\\s\\\\])*)");

    private static final Pattern ADDRESS = Pattern.compile("(://[^\\s:/@]*):\\S*@");
    private static final Pattern IN_ADDRESS = Pattern.compile("(?i)([?&](?:ssl)?password=)[^&\\s]*");
    private static final Pattern VARIABLE = Pattern.compile("\\s*([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");

    static Passwords of(byte[] content, Kind kind) {
        // Each byte stays what it is.
        String text = new String(content, StandardCharsets.ISO_8859_1);
        List<String> found = new ArrayList<>();
        StringBuilder without = new StringBuilder();
        int number = 1;
        for (String line : lines(text, kind)) {
            String end = line.endsWith("\n") ? "\n" : "";
            String plain = line.substring(0, line.length() - end.length());
            Line left = switch (kind) {
                case SETTINGS -> ofSettings(plain);
                case ACCESS -> ofAccess(plain);
                case OTHER -> ofVariables(plain);
            };
            for (String name : left.found()) {
                found.add(name + " in line " + number);
            }
            without.append(left.text()).append(end);
            number += (int) line.chars().filter(c -> c == '\n').count();
        }
        return new Passwords(without.toString().getBytes(StandardCharsets.ISO_8859_1), List.copyOf(found));
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    /** Each with its line feed. A record of pg_hba.conf goes on after a backslash (14 and later). */
    private static List<String> lines(String text, Kind kind) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String next : text.split("(?<=\n)", -1)) {
            line.append(next);
            if (kind != Kind.ACCESS || !next.endsWith("\\\n")) {
                lines.add(line.toString());
                line.setLength(0);
            }
        }
        if (!line.isEmpty()) {
            lines.add(line.toString());
        }
        return lines;
    }

    /** What became of a line. */
    private record Line(String text, List<String> found) {
        static Line unchanged(String text) {
            return new Line(text, List.of());
        }

        static Line comment(String text) {
            return SUSPECT.matcher(text).find()
                    ? new Line("# " + PLACEHOLDER, List.of("a line that is no setting"))
                    : unchanged(text);
        }
    }

    private static Line ofSettings(String line) {
        String comment = line.stripLeading().startsWith("#") ? "#" : "";
        Optional<SettingsFile.Setting> setting = setting(line.stripLeading().replaceFirst("^#*", ""));
        if (setting.isEmpty()) {
            return Line.comment(line);
        }
        String name = setting.get().name();
        String value = setting.get().value();
        String left = valueOfSetting(name, value);
        return left.equals(value)
                ? withoutTail(line, value)
                : new Line(
                        comment + name + " = '" + left.replace("\\", "\\\\").replace("'", "''") + "'", List.of(name));
    }

    /** The value holds none; a comment after it may. */
    private static Line withoutTail(String line, String value) {
        int hash = line.lastIndexOf('#');
        String tail = line.substring(hash + 1);
        return hash > 0 && !value.contains(tail) && SUSPECT.matcher(tail).find()
                ? new Line(line.substring(0, hash) + "# " + PLACEHOLDER, List.of("a comment"))
                : Line.unchanged(line);
    }

    private static Optional<SettingsFile.Setting> setting(String line) {
        try {
            return SettingsFile.parse(line, "").settings().stream().findFirst();
        } catch (CorruptFileException e) {
            return Optional.empty();
        }
    }

    private static String valueOfSetting(String name, String value) {
        if (value.isEmpty() || NO_SECRETS.contains(name)) {
            return value;
        }
        if (SECRET_NAME.matcher(name).matches()) {
            return PLAIN.matcher(value).matches() ? value : PLACEHOLDER;
        }
        if (name.toLowerCase(Locale.ROOT).endsWith("conninfo")) {
            return ofConnection(value);
        }
        return SUSPECT.matcher(value).find() ? PLACEHOLDER : value;
    }

    private static String ofConnection(String value) {
        if (!value.contains("://")) {
            return CONNINFO.matcher(value).replaceAll("$1=" + PLACEHOLDER);
        }
        String left = ADDRESS.matcher(value).replaceAll("$1:" + PLACEHOLDER + "@");
        return IN_ADDRESS.matcher(left).replaceAll("$1" + PLACEHOLDER);
    }

    private static Line ofVariables(String line) {
        Matcher variable = VARIABLE.matcher(line);
        if (!variable.matches()) {
            return Line.comment(line);
        }
        String name = variable.group(1);
        String value = variable.group(2);
        boolean isSecret = !value.isEmpty()
                && !value.equals("''")
                && (SECRET_NAME.matcher(name).matches()
                        || SUSPECT.matcher(value).find());
        return isSecret ? new Line(name + " = '" + PLACEHOLDER + "'", List.of(name)) : Line.unchanged(line);
    }

    /** Tokens as next_token() in src/backend/libpq/hba.c has them, but that a comma belongs to a password. */
    private static Line ofAccess(String record) {
        StringBuilder left = new StringBuilder();
        List<String> found = new ArrayList<>();
        StringBuilder token = new StringBuilder();
        int begin = -1;
        boolean inQuotes = false;
        for (int i = 0; i <= record.length(); i++) {
            char c = i < record.length() ? record.charAt(i) : '\n';
            boolean continues = c == '\\' && i + 1 < record.length() && record.charAt(i + 1) == '\n';
            boolean ends = i == record.length() || (!inQuotes && (c == ' ' || c == '\t' || c == '\r' || c == '#'));
            if (ends) {
                if (begin >= 0) {
                    left.append(ofToken(token.toString(), record.substring(begin, i), found));
                    begin = -1;
                    token.setLength(0);
                }
                if (c == '#' && i < record.length()) {
                    Line comment = Line.comment(record.substring(i));
                    found.addAll(comment.found());
                    return new Line(left + comment.text(), found);
                }
                if (i < record.length()) {
                    left.append(c);
                }
            } else {
                begin = begin < 0 ? i : begin;
                if (continues) {
                    i++;
                } else if (c == '"') {
                    inQuotes = !inQuotes;
                } else {
                    token.append(c);
                }
            }
        }
        return new Line(left.toString(), found);
    }

    /** @param raw as it stands in the file */
    private static String ofToken(String token, String raw, List<String> found) {
        int equals = token.indexOf('=');
        String name = equals < 0 ? "" : token.substring(0, equals);
        boolean isSecret = equals > 0
                && equals + 1 < token.length()
                && (SECRET_NAME.matcher(name).matches()
                        || ADDRESS.matcher(token).find());
        if (isSecret) {
            found.add(name);
            return name + "=\"" + PLACEHOLDER + "\"";
        }
        return raw;
    }
}
