// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Lsn;
import org.tidemark.core.PathBytes;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads a manifest in one pass, like parse_manifest.c of src/common. */
final class PostgresManifestReader {
    static final DateTimeFormatter MODIFIED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'GMT'", Locale.ROOT);
    private static final int OLDEST_VERSION = 1;
    private static final int NEWEST_VERSION = 2;

    private final String file;
    private final PostgresManifest.Visitor visitor;
    private final ManifestTail bytes;
    private final List<WalRange> walRanges = new ArrayList<>();
    private final Map<String, String> scalars = new HashMap<>();
    private long files;

    PostgresManifestReader(InputStream in, String file, PostgresManifest.Visitor visitor) {
        this.file = file;
        this.visitor = visitor;
        this.bytes = new ManifestTail(in, file);
    }

    PostgresManifest read() throws IOException {
        // This does not close the caller's stream: ManifestTail does not pass close() on.
        try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), bytes)) {
            expect(json.nextToken(), JsonToken.START_OBJECT);
            while (json.nextToken() != JsonToken.END_OBJECT) {
                readMember(json);
            }
            if (json.nextToken() != null) {
                throw corrupt("something follows the manifest");
            }
        } catch (JacksonException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw corrupt("not the JSON of a manifest: " + e.getOriginalMessage());
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw corrupt(String.valueOf(e.getMessage()));
        }
        return finish();
    }

    private PostgresManifest finish() throws IOException {
        String computed = bytes.finish();
        if (!computed.equals(required(scalars, "Manifest-Checksum"))) {
            throw corrupt("the manifest's own checksum does not match");
        }
        return new PostgresManifest(
                version(),
                Optional.ofNullable(scalars.get("System-Identifier")).map(SystemIdentifier::parse),
                walRanges,
                files);
    }

    private void readMember(JsonParser json) throws IOException {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (!name.equals("PostgreSQL-Backup-Manifest-Version")) {
            version();
        }
        switch (name) {
            case "Files" -> {
                expect(value, JsonToken.START_ARRAY);
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    files++;
                    visitor.file(toFile(members(json)));
                }
            }
            case "WAL-Ranges" -> {
                expect(value, JsonToken.START_ARRAY);
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    walRanges.add(toWalRange(members(json)));
                }
            }
            default -> {
                if (!value.isScalarValue()) {
                    throw corrupt("the member '" + name + "' is unknown");
                }
                scalars.put(name, json.getString());
            }
        }
    }

    private int version() throws CorruptFileException {
        String text = required(scalars, "PostgreSQL-Backup-Manifest-Version");
        int version = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (version < OLDEST_VERSION || version > NEWEST_VERSION) {
            throw corrupt("the manifest is of the unknown version " + text);
        }
        return version;
    }

    private Map<String, String> members(JsonParser json) throws CorruptFileException {
        expect(json.currentToken(), JsonToken.START_OBJECT);
        Map<String, String> members = HashMap.newHashMap(5);
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            if (!json.nextToken().isScalarValue()) {
                throw corrupt("the member '" + name + "' is unknown");
            }
            members.put(name, json.getString());
        }
        return members;
    }

    private PostgresManifest.File toFile(Map<String, String> members) throws CorruptFileException {
        String encoded = members.get("Encoded-Path");
        String path = encoded == null
                ? required(members, "Path")
                : PathBytes.decode(HexFormat.of().parseHex(encoded));
        String algorithm = members.get("Checksum-Algorithm");
        Optional<ManifestChecksum> checksum = algorithm == null
                ? Optional.empty()
                : Optional.of(new ManifestChecksum(
                        ManifestChecksum.Algorithm.valueOf(algorithm), required(members, "Checksum")));
        long size = Long.parseLong(required(members, "Size"));
        if (size < 0) {
            throw corrupt("the size of '" + path + "' is negative");
        }
        return new PostgresManifest.File(
                path,
                size,
                LocalDateTime.parse(required(members, "Last-Modified"), MODIFIED)
                        .toInstant(ZoneOffset.UTC),
                checksum);
    }

    private WalRange toWalRange(Map<String, String> members) throws CorruptFileException {
        return new WalRange(
                new Timeline(Integer.parseInt(required(members, "Timeline"))),
                Lsn.parse(required(members, "Start-LSN")),
                Lsn.parse(required(members, "End-LSN")));
    }

    private String required(Map<String, String> members, String name) throws CorruptFileException {
        String value = members.get(name);
        if (value == null) {
            throw corrupt("the member '" + name + "' is missing");
        }
        return value;
    }

    private void expect(@Nullable JsonToken token, JsonToken expected) throws CorruptFileException {
        if (token != expected) {
            throw corrupt("not the JSON of a manifest: " + token + " in the place of " + expected);
        }
    }

    private CorruptFileException corrupt(String problem) {
        return new CorruptFileException(file, problem);
    }

    /** Hashes all lines except the last one, as Manifest-Checksum requires. Does not close its source. */
    private static final class ManifestTail extends BlockInputStream.Filter {
        // A line describes one file; a path has at most 1024 bytes in PostgreSQL and 4096 in Linux.
        private static final int LINE_LIMIT_BYTES = 1 << 20;

        private final String file;
        private final MessageDigest digest;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private byte lastByte;

        ManifestTail(InputStream in, String file) {
            super(in);
            this.file = file;
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this Java has no SHA-256", e);
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                take(bytes, offset, offset + count);
            }
            return count;
        }

        /** Reads to the end and returns the digest of all lines except the last, in hexadecimal digits. */
        String finish() throws IOException {
            transferTo(OutputStream.nullOutputStream());
            if (lastByte != '\n') {
                throw new CorruptFileException(file, "the last line is cut off");
            }
            return HexFormat.of().formatHex(digest.digest());
        }

        @Override
        public void close() {
            // The caller closes the source.
        }

        // The manifest's checksum does not cover the last line, so a line is hashed when the next one begins.
        private void take(byte[] bytes, int from, int to) throws CorruptFileException {
            int lastLine = to - 1;
            while (lastLine > from && bytes[lastLine - 1] != '\n') {
                lastLine--;
            }
            boolean newLine = lastLine > from || lastByte == '\n';
            if (newLine) {
                digest.update(line.toByteArray());
                line.reset();
                digest.update(bytes, from, lastLine - from);
                line.write(bytes, lastLine, to - lastLine);
            } else {
                line.write(bytes, from, to - from);
            }
            if (line.size() > LINE_LIMIT_BYTES) {
                throw new CorruptFileException(file, "a line is longer than " + LINE_LIMIT_BYTES + " bytes");
            }
            lastByte = bytes[to - 1];
        }
    }
}
