// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.function.Consumer;
import org.tidemark.catalog.SealedJson;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/** Writes JSON: lines of manifests and indexes, and sealed documents. */
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

    /** A sealed document, one member to a line; {@code formatVersion} is put before {@code members}. */
    static byte[] seal(Map<String, Object> members) {
        StringBuilder object = new StringBuilder("{\"formatVersion\": ").append(SealedJson.FORMAT_VERSION);
        members.forEach((name, value) ->
                object.append(",\n\"").append(name).append("\": ").append(MAPPER.writeValueAsString(value)));
        return SealedJson.seal(object.append('}').toString());
    }
}
