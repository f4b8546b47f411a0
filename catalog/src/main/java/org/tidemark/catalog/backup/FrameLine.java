// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.Frame.FramePart;

/** The text form of a frame in a bundle's index: one line of JSON. */
final class FrameLine {
    private FrameLine() {}

    static byte[] encode(Frame frame) {
        return JsonLine.write(json -> {
            json.writeNumberProperty("offset", frame.offset());
            json.writeNumberProperty("length", frame.length());
            json.writeStringProperty("crc32c", Hex.of(frame.crc32c()));
            json.writeArrayPropertyStart("pieces");
            for (FramePart part : frame.parts()) {
                json.writeStartObject();
                json.writeStringProperty("path", part.path());
                json.writeNumberProperty("at", part.at());
                json.writeNumberProperty("size", part.size());
                json.writeStringProperty("sha256", part.sha256().hex());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    /** @throws IllegalArgumentException if the line is not a frame */
    static Frame parse(byte[] bytes, int offset, int length) {
        JsonObject line = JsonObject.parse(bytes, offset, length);
        return new Frame(
                line.number("offset"),
                line.integer("length"),
                line.value("crc32c", Hex::crc32c),
                line.list(
                        "pieces",
                        part -> new FramePart(
                                part.text("path"),
                                part.number("at"),
                                part.integer("size"),
                                part.value("sha256", Sha256::new))));
    }
}
