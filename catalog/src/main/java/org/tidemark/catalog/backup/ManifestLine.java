// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.core.JsonObject;

/** The text form of a manifest entry: one line of JSON. */
final class ManifestLine {
    private static final Pattern MODE = Pattern.compile("[0-7]{4}");

    private ManifestLine() {}

    static byte[] encode(ManifestEntry entry) {
        Map<String, Object> line = new LinkedHashMap<>();
        switch (entry) {
            case DirectoryEntry directory -> {
                line.put("type", "directory");
                JsonLine.putPath(line, "path", directory.path());
                line.put("mode", mode(directory.mode()));
            }
            case LinkEntry link -> {
                line.put("type", "link");
                JsonLine.putPath(line, "path", link.path());
                line.put("target", link.target());
            }
            case FileEntry file -> {
                line.put("type", "file");
                JsonLine.putPath(line, "path", file.path());
                line.put("mode", mode(file.mode()));
                line.put("size", file.size());
                line.put("modified", file.modified().toString());
                file.crc32c().ifPresent(crc -> line.put("crc32c", JsonLine.hex(crc)));
                line.put("pieces", file.pieces().stream().map(Piece::members).toList());
            }
        }
        return JsonLine.write(line);
    }

    /**
     * The entry that a line has.
     *
     * @param pageSize of the cluster, in bytes
     * @throws IllegalArgumentException if the line is not an entry
     */
    static ManifestEntry parse(JsonObject line, int pageSize) {
        String type = line.text("type");
        String path = JsonLine.path(line, "path");
        return switch (type) {
            case "directory" -> new DirectoryEntry(path, mode(line));
            case "link" -> new LinkEntry(path, line.text("target"));
            case "file" ->
                new FileEntry(
                        path,
                        mode(line),
                        line.number("size"),
                        line.value("modified", Instant::parse),
                        line.has("crc32c")
                                ? OptionalInt.of(line.value("crc32c", JsonLine::crc32c))
                                : OptionalInt.empty(),
                        line.list("pieces", piece -> Piece.from(piece, pageSize)));
            default -> throw new IllegalArgumentException("not a kind of manifest entry: '" + type + "'");
        };
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
