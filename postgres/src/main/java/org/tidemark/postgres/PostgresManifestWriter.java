// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.PathBytes;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalRange;

/**
 * Writes exactly the bytes that src/backend/backup/backup_manifest.c writes: version 2 with a system identifier,
 * version 1 without. Not thread-safe. The caller buffers and closes the stream.
 */
public final class PostgresManifestWriter {
    private final MessageDigest digest;
    private final DigestOutputStream out;
    private boolean isFirst = true;

    public PostgresManifestWriter(OutputStream to, Optional<SystemIdentifier> system) throws IOException {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
        out = new DigestOutputStream(to, digest);
        write("{ \"PostgreSQL-Backup-Manifest-Version\": " + (system.isPresent() ? 2 : 1) + ",\n");
        if (system.isPresent()) {
            write("\"System-Identifier\": " + system.get() + ",\n");
        }
        write("\"Files\": [");
    }

    /** Adds the next file. */
    public void add(PostgresManifest.File file) throws IOException {
        StringBuilder line = new StringBuilder(isFirst ? "\n" : ",\n").append("{ ");
        isFirst = false;
        if (PathBytes.isUtf8(file.path())) {
            quote(line.append("\"Path\": "), file.path());
        } else {
            line.append("\"Encoded-Path\": \"");
            line.append(HexFormat.of().formatHex(PathBytes.encode(file.path()))).append('"');
        }
        line.append(", \"Size\": ").append(file.size()).append(", \"Last-Modified\": \"");
        PostgresManifestReader.MODIFIED.formatTo(file.modified().atOffset(ZoneOffset.UTC), line);
        line.append('"');
        if (file.checksum().isPresent()) {
            ManifestChecksum checksum = file.checksum().get();
            line.append(", \"Checksum-Algorithm\": \"").append(checksum.algorithm());
            line.append("\", \"Checksum\": \"").append(checksum.hex()).append('"');
        }
        write(line.append(" }").toString());
    }

    /** Ends the manifest; no file can be added afterwards. */
    public void finish(List<WalRange> walRanges) throws IOException {
        StringBuilder end = new StringBuilder("\n],\n\"WAL-Ranges\": [\n");
        String separator = "";
        for (WalRange range : walRanges) {
            end.append(separator);
            end.append("{ \"Timeline\": ").append(range.timeline());
            end.append(", \"Start-LSN\": \"").append(range.start());
            end.append("\", \"End-LSN\": \"").append(range.stop()).append("\" }");
            separator = ",\n";
        }
        write(end.append("\n],\n").toString());
        write("\"Manifest-Checksum\": \"" + HexFormat.of().formatHex(digest.digest()) + "\"}\n");
        out.flush();
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    // Like escape_json() of src/backend/utils/adt/json.c.
    private static void quote(StringBuilder to, String text) {
        to.append('"');
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            switch (c) {
                case '\b' -> to.append("\\b");
                case '\f' -> to.append("\\f");
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                case '"' -> to.append("\\\"");
                case '\\' -> to.append("\\\\");
                default -> {
                    if (c < ' ') {
                        to.append("\\u").append(HexFormat.of().toHexDigits(c));
                    } else {
                        to.append(c);
                    }
                }
            }
        }
        to.append('"');
    }
}
