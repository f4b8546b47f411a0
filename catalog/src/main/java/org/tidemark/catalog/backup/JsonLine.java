// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tidemark.catalog.ChecksummedJson;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/** The JSON of manifests and indexes, an object on each line, and of checksummed documents. */
final class JsonLine {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final JsonMapper MAPPER = new JsonMapper();

    private JsonLine() {}

    /** An object without any white space, closed by a line feed. */
    static byte[] write(Consumer<JsonGenerator> members) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), line)) {
            json.writeStartObject();
            members.accept(json);
            json.writeEndObject();
        }
        line.write('\n');
        return line.toByteArray();
    }

    /** A checksummed document, one member to a line; {@code formatVersion} is put before {@code members}. */
    static byte[] document(Map<String, Object> members) {
        StringBuilder object = new StringBuilder("{\"formatVersion\": ").append(ChecksummedJson.FORMAT_VERSION);
        members.forEach((name, value) ->
                object.append(",\n\"").append(name).append("\": ").append(MAPPER.writeValueAsString(value)));
        return ChecksummedJson.write(object.append('}').toString());
    }

    /** Reads the line of {@code length} bytes from {@code offset}, the line feed left out. */
    interface Parser<T> {
        T parse(byte[] bytes, int offset, int length);
    }

    /**
     * Cuts bytes that were verified already into lines, each of which a line feed closes.
     *
     * @throws IllegalArgumentException if the last line is not closed, or {@code parser} refuses one
     */
    static <T> List<T> parseAll(byte[] bytes, Parser<T> parser) {
        List<T> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                lines.add(parser.parse(bytes, start, i - start));
                start = i + 1;
            }
        }
        if (start != bytes.length) {
            throw new IllegalArgumentException("the last line is cut off");
        }
        return lines;
    }

    /** A checksum as eight digits: lower case, most significant first. */
    static String hex(int crc32c) {
        return HexFormat.of().toHexDigits(crc32c);
    }

    /** @throws IllegalArgumentException if {@code text} is not eight digits */
    static int crc32c(String text) {
        if (text.length() != 8 || !text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            throw new IllegalArgumentException("not a CRC-32C: '" + text + "' (expected 8 digits 0-9a-f)");
        }
        return Integer.parseUnsignedInt(text, 16);
    }
}
