// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.Locale;
import java.util.regex.Pattern;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.backup.ManifestEntry.Piece;
import tools.jackson.core.JsonGenerator;

/** The text form of a manifest entry: one line of JSON. */
final class ManifestLine {
    private static final Pattern MODE = Pattern.compile("[0-7]{4}");

    private ManifestLine() {}

    static byte[] encode(ManifestEntry entry) {
        return JsonLine.write(json -> {
            switch (entry) {
                case DirectoryEntry directory -> {
                    json.writeStringProperty("type", "directory");
                    json.writeStringProperty("path", directory.path());
                    json.writeStringProperty("mode", mode(directory.mode()));
                }
                case LinkEntry link -> {
                    json.writeStringProperty("type", "link");
                    json.writeStringProperty("path", link.path());
                    json.writeStringProperty("target", link.target());
                }
                case FileEntry file -> writeFile(json, file);
            }
        });
    }

    private static void writeFile(JsonGenerator json, FileEntry file) {
        json.writeStringProperty("type", "file");
        json.writeStringProperty("path", file.path());
        json.writeStringProperty("mode", mode(file.mode()));
        json.writeNumberProperty("size", file.size());
        json.writeStringProperty("modified", file.modified().toString());
        json.writeStringProperty("crc32c", JsonLine.hex(file.crc32c()));
        json.writeStringProperty("sha256", file.sha256().hex());
        json.writeArrayPropertyStart("pieces");
        for (Piece piece : file.pieces()) {
            json.writeStartObject();
            json.writeNumberProperty("bundle", piece.bundle());
            json.writeNumberProperty("frame", piece.frame());
            json.writeNumberProperty("at", piece.at());
            json.writeNumberProperty("offset", piece.offset());
            json.writeNumberProperty("size", piece.size());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** @throws IllegalArgumentException if the line is not an entry */
    static ManifestEntry parse(byte[] bytes, int offset, int length) {
        JsonObject line = JsonObject.parse(bytes, offset, length);
        String type = line.text("type");
        String path = line.text("path");
        return switch (type) {
            case "directory" -> new DirectoryEntry(path, mode(line));
            case "link" -> new LinkEntry(path, line.text("target"));
            case "file" ->
                new FileEntry(
                        path,
                        mode(line),
                        line.number("size"),
                        line.value("modified", Instant::parse),
                        line.value("crc32c", JsonLine::crc32c),
                        line.value("sha256", Sha256::new),
                        line.list("pieces", ManifestLine::piece));
            default -> throw new IllegalArgumentException("not a kind of manifest entry: '" + type + "'");
        };
    }

    private static Piece piece(JsonObject members) {
        return new Piece(
                members.integer("bundle"),
                members.integer("frame"),
                members.number("at"),
                members.integer("offset"),
                members.integer("size"));
    }

    private static String mode(int mode) {
        return String.format(Locale.ROOT, "%04o", mode);
    }

    private static int mode(JsonObject line) {
        String text = line.text("mode");
        if (!MODE.matcher(text).matches()) {
            throw new IllegalArgumentException("not the rights of a file: '" + text + "'");
        }
        return Integer.parseInt(text, 8);
    }
}
