// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of postgresql.conf or postgresql.auto.conf, parsed by PostgreSQL's rules. Changes affect single lines, and
 * all other lines stay as they are. Immutable.
 *
 * @param file the file's name, for messages
 * @param charset UTF-8, or ISO 8859-1 for a file that is not UTF-8, so that its bytes are preserved
 */
public record SettingsFile(String file, List<String> lines, Charset charset) {
    /** The file that ALTER SYSTEM and restores write. */
    public static final String AUTO_CONF = "postgresql.auto.conf";

    private static final Set<String> INCLUDES = Set.of("include", "include_if_exists", "include_dir");

    /**
     * One setting; if a name occurs several times, the last one counts.
     *
     * @param line the line number, from 1
     * @param name the name in the file's spelling; PostgreSQL ignores upper and lower case
     */
    public record Setting(int line, String name, String value) {
        boolean hasName(String other) {
            return name.equalsIgnoreCase(other);
        }
    }

    public SettingsFile {
        lines = List.copyOf(lines);
    }

    /** An empty file, in UTF-8. */
    public static SettingsFile empty(String file) {
        return new SettingsFile(file, List.of(), StandardCharsets.UTF_8);
    }

    /** Splits a text into lines. */
    public static SettingsFile parse(String text, String file) {
        return new SettingsFile(file, split(text), StandardCharsets.UTF_8);
    }

    /** Reads a file. */
    public static SettingsFile read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return parse(text, file.toString());
        } catch (CharacterCodingException e) {
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            return new SettingsFile(file.toString(), split(text), StandardCharsets.ISO_8859_1);
        }
    }

    /**
     * Every setting in order, without include lines.
     *
     * @throws CorruptFileException if PostgreSQL could not read a line
     */
    public List<Setting> settings() throws CorruptFileException {
        return all().stream().filter(setting -> !isInclude(setting)).toList();
    }

    /**
     * The lines include, include_if_exists and include_dir. Their value is a path, which may be relative to this file's
     * directory.
     *
     * @throws CorruptFileException if PostgreSQL could not read a line
     */
    public List<Setting> includes() throws CorruptFileException {
        return all().stream().filter(SettingsFile::isInclude).toList();
    }

    /**
     * The value that this file sets, without included files.
     *
     * @throws CorruptFileException if PostgreSQL could not read a line
     */
    public Optional<String> value(String name) throws CorruptFileException {
        return settings().stream()
                .filter(setting -> setting.hasName(name))
                .map(Setting::value)
                .reduce((first, second) -> second);
    }

    /**
     * The same text, with the lines that set one of {@code names} turned into comments. Lines with a syntax error stay
     * unchanged.
     */
    public SettingsFile commentOut(Set<String> names) {
        List<String> changed = new ArrayList<>();
        for (String line : lines) {
            changed.add(sets(line, names) ? "#" + line : line);
        }
        return new SettingsFile(file, changed, charset);
    }

    /** The same text without the lines that set one of {@code names}. */
    public SettingsFile without(Set<String> names) {
        return new SettingsFile(
                file, lines.stream().filter(line -> !sets(line, names)).toList(), charset);
    }

    /**
     * The same text with a comment and settings at its end, in the map's order.
     *
     * @throws IllegalArgumentException if a value or the comment contains a line feed
     */
    public SettingsFile append(String comment, Map<String, String> settings) {
        List<String> changed = new ArrayList<>(lines);
        if (comment.chars().anyMatch(c -> c == '\n' || c == '\r')) {
            throw new IllegalArgumentException("a comment cannot hold a line feed: '" + comment + "'");
        }
        changed.add("# " + comment);
        settings.forEach((name, value) -> changed.add(name + " = " + SettingsLine.quote(value)));
        return new SettingsFile(file, changed, charset);
    }

    /** The whole text; each line ends with a line feed. */
    public String text() {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /**
     * The whole text in the file's charset.
     *
     * @throws CharacterCodingException if the charset cannot encode a value
     */
    public byte[] bytes() throws CharacterCodingException {
        ByteBuffer encoded = charset.newEncoder().encode(CharBuffer.wrap(text()));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    List<Setting> all() throws CorruptFileException {
        List<Setting> settings = new ArrayList<>();
        for (int number = 1; number <= lines.size(); number++) {
            try {
                SettingsLine.parse(number, lines.get(number - 1)).ifPresent(settings::add);
            } catch (IllegalArgumentException e) {
                throw new CorruptFileException(file, String.valueOf(e.getMessage()));
            }
        }
        return settings;
    }

    private static boolean sets(String line, Set<String> names) {
        try {
            return SettingsLine.parse(0, line)
                    .filter(setting -> names.stream().anyMatch(setting::hasName))
                    .isPresent();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static boolean isInclude(Setting setting) {
        return INCLUDES.stream().anyMatch(setting::hasName);
    }

    // The last line may lack its line feed. It gets one, so that an appended line does not continue it.
    private static List<String> split(String text) {
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        if (lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return lines;
    }

    /** The grammar of one line of a settings file: src/backend/utils/misc/guc-file.l. */
    private static final class SettingsLine {
        private static final String LETTER = "[A-Za-z_\\x{80}-\\x{10FFFF}]";
        private static final String LETTER_OR_DIGIT = "[A-Za-z0-9_\\x{80}-\\x{10FFFF}]";
        private static final String NAME = LETTER + LETTER_OR_DIGIT + "*+(?:\\." + LETTER + LETTER_OR_DIGIT + "*+)?+";
        private static final String STRING = "'(?:[^'\\\\]++|\\\\.|'')*+'";
        private static final String NUMBER = "[-+]?(?:0x[0-9A-Fa-f]++|[0-9]*\\.?[0-9]*(?:[Ee][-+]?[0-9]+)?)[A-Za-z]*";
        private static final String WORD = LETTER + "(?:" + LETTER_OR_DIGIT + "|[-._:/])*+";
        private static final String SPACE = "[ \\t\\r]*+";
        private static final String COMMENT = "(?:#.*)?";
        private static final Pattern LINE = Pattern.compile(
                SPACE + "(?:(" + NAME + ")(?=[ \\t\\r='])" + SPACE + "=?" + SPACE + "(" + STRING + "|" + WORD + "|"
                        + "(?=[-+.0-9])" + NUMBER + "))?" + SPACE + COMMENT,
                Pattern.DOTALL);

        private SettingsLine() {}

        /**
         * The setting of a line; empty for a blank line or a comment.
         *
         * @throws IllegalArgumentException if PostgreSQL could not read the line
         */
        static Optional<SettingsFile.Setting> parse(int number, String line) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("a syntax error in line " + number); // it may hold a password
            }
            return matcher.group(1) == null
                    ? Optional.empty()
                    : Optional.of(new SettingsFile.Setting(number, matcher.group(1), value(matcher.group(2))));
        }

        /**
         * Puts a value into quotes, as ALTER SYSTEM does.
         *
         * @throws IllegalArgumentException if a settings file cannot contain the value
         */
        static String quote(String value) {
            if (value.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
                throw new IllegalArgumentException("a setting cannot hold a line feed: '" + value + "'");
            }
            return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
        }

        private static String value(String text) {
            if (!text.startsWith("'")) {
                return text;
            }
            StringBuilder value = new StringBuilder();
            int at = 1;
            while (at < text.length() - 1) {
                char c = text.charAt(at);
                if (c == '\'') {
                    value.append(c);
                    at += 2;
                } else if (c == '\\') {
                    at = unescape(text, at + 1, value);
                } else {
                    value.append(c);
                    at++;
                }
            }
            return value.toString();
        }

        // Like DeescapeQuotedString(); returns the position after the escape sequence.
        private static int unescape(String text, int at, StringBuilder to) {
            char c = text.charAt(at);
            if (c >= '0' && c <= '7') {
                int end = at;
                int octal = 0;
                while (end < at + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                    octal = octal * 8 + text.charAt(end) - '0';
                    end++;
                }
                to.append((char) (octal & 0xFF));
                return end;
            }
            to.append(
                    switch (c) {
                        case 'b' -> '\b';
                        case 'f' -> '\f';
                        case 'n' -> '\n';
                        case 'r' -> '\r';
                        case 't' -> '\t';
                        default -> c;
                    });
            return at + 1;
        }
    }
}
