// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Settings as lines of text: a header, then one line for each setting with its fields between tabs, then a checksum of
 * everything before it. A backslash stands before what would end a field.
 */
final class FlatSettings {
    private static final String LAST = "crc32c ";

    private FlatSettings() {}

    static byte[] write(List<Setting> settings, List<String> header) {
        StringBuilder text = new StringBuilder();
        for (String line : header) {
            text.append(escaped(line)).append('\n');
        }
        for (Setting setting : settings) {
            text.append(escaped(setting.origin().text())).append('\t').append(escaped(setting.value()));
            for (String part : setting.key().parts()) {
                text.append('\t').append(escaped(part));
            }
            text.append('\n');
        }
        byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
        text.append(LAST).append(checksum(body, body.length)).append('\n');
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The settings, if the text is whole and begins with exactly this header. */
    static Optional<List<Setting>> read(byte[] bytes, List<String> header) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.lastIndexOf(LAST);
        if (end < 1 || text.charAt(end - 1) != '\n') {
            return Optional.empty();
        }
        byte[] body = text.substring(0, end).getBytes(StandardCharsets.UTF_8);
        if (!text.substring(end).equals(LAST + checksum(body, body.length) + "\n")) {
            return Optional.empty();
        }
        return parse(text.substring(0, end), header);
    }

    private static Optional<List<Setting>> parse(String body, List<String> header) {
        List<Setting> settings = new ArrayList<>();
        int line = 0;
        int start = 0;
        while (start < body.length()) {
            int newLine = body.indexOf('\n', start);
            String content = body.substring(start, newLine);
            if (line < header.size()) {
                if (!content.equals(escaped(header.get(line)))) {
                    return Optional.empty();
                }
            } else {
                List<String> fields = fields(content);
                if (fields.size() < 3) {
                    return Optional.empty();
                }
                settings.add(new Setting(
                        new SettingKey(fields.subList(2, fields.size())), fields.get(1), new Origin(fields.get(0))));
            }
            line++;
            start = newLine + 1;
        }
        return line < header.size() ? Optional.empty() : Optional.of(settings);
    }

    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\t') {
                fields.add(field.toString());
                field.setLength(0);
            } else if (c == '\\' && i + 1 < line.length()) {
                i++;
                char escape = line.charAt(i);
                field.append(escape == 'n' ? '\n' : escape == 't' ? '\t' : escape);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
    }

    private static String checksum(byte[] bytes, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, length);
        return Long.toHexString(checksum.getValue());
    }
}
