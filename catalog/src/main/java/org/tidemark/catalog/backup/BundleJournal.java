// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.JsonObject;
import org.tidemark.core.LockedFile;

/**
 * A local file that says which bundles the attempts at a backup have stored, and which ranges of files are in them.
 * Lines of JSON, each after its CRC-32C: the key of the fingerprints, then each attempt, and each bundle after its
 * frames. Nothing is synced: what is lost is stored again. Locked against other processes. Not thread-safe.
 */
public final class BundleJournal implements AutoCloseable {
    private static final String KEY = "fingerprintKey";
    private static final String ATTEMPT = "attempt";
    private static final int CRC_DIGITS = 8;

    /** A frame of many small files has the longest line. */
    private static final int MAX_LINE_BYTES = 16 << 20;

    private final LockedFile file;

    private BundleJournal(LockedFile file) {
        this.file = file;
    }

    /**
     * What is told of the lines, in their order.
     *
     * @see #read
     */
    public interface Visitor {
        /**
         * An attempt began.
         *
         * @param nonce by which it owns its id
         * @param encryption the recipients of what it stores, or nothing
         */
        void attempt(BackupId id, String nonce, String encryption);

        /**
         * A bundle is durable in each repository that took part in the attempt.
         *
         * @param frames without fingerprints of pages, and without those that have no range of a file
         */
        void bundle(BundleRef bundle, List<Frame> frames);
    }

    /** Opens it, or makes an empty one for its owner alone; empty if another process, or thread, has it open. */
    public static Optional<BundleJournal> open(Path path) throws IOException {
        if (!Files.exists(path)) {
            // It has the key of the fingerprints.
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return LockedFile.take(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                .map(BundleJournal::new);
    }

    /**
     * Reads it up to the first line that is damaged or cut off; what is added replaces the rest.
     *
     * @return the key of the fingerprints; empty if there is none, and so nothing to read
     * @throws IOException also if it was written by another version of this program
     */
    public Optional<FingerprintKey> read(Visitor visitor) throws IOException {
        try {
            return readLines(visitor);
        } catch (IllegalArgumentException e) {
            file.cut(0);
            throw new IOException("it has a line of another form: " + e.getMessage(), e);
        }
    }

    private Optional<FingerprintKey> readLines(Visitor visitor) throws IOException {
        Lines lines = new Lines(file.content());
        Optional<JsonObject> line = lines.next();
        Optional<FingerprintKey> key =
                line.filter(each -> each.has(KEY)).map(each -> each.value(KEY, FingerprintKey::new));
        if (key.isEmpty()) {
            return key;
        }
        long intact = lines.bytes;
        List<Frame> frames = new ArrayList<>();
        for (line = lines.next(); line.isPresent(); line = lines.next()) {
            JsonObject each = line.get();
            if (each.has("pieces")) {
                frames.add(Frame.parse(each));
            } else {
                if (each.has(ATTEMPT)) {
                    visitor.attempt(each.value(ATTEMPT, BackupId::new), each.text("nonce"), each.text("encryption"));
                } else {
                    visitor.bundle(BundleRef.parse(each), frames);
                    frames.clear();
                }
                intact = lines.bytes;
            }
        }
        file.cut(intact);
        return key;
    }

    /** Forgets everything, and begins with this key. */
    public void begin(FingerprintKey key) throws IOException {
        file.write(line(JsonLine.write(Map.of(KEY, key.hex()))));
    }

    /** An attempt begins, as {@link Visitor#attempt} says. */
    public void add(BackupId attempt, String nonce, String encryption) throws IOException {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put(ATTEMPT, attempt.value());
        members.put("nonce", nonce);
        members.put("encryption", encryption);
        file.append(line(JsonLine.write(members)));
    }

    /** A bundle of the attempt that was added last is durable in each repository that takes part. */
    public void add(BundleRef bundle, List<Frame> frames) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (Frame frame : frames) {
            List<FramePart> parts = frame.parts().stream()
                    .map(part -> new FramePart(part.path(), part.placement(), part.checksums()))
                    .toList();
            if (parts.stream().anyMatch(part -> part.placement() instanceof Placement.Range)) {
                lines.write(line(new Frame(frame.offset(), frame.length(), frame.crc32c(), parts).encode()));
            }
        }
        lines.write(line(bundle.encode()));
        file.append(lines.toByteArray());
    }

    /** Forgets everything: the backup exists. */
    public void clear() throws IOException {
        file.cut(0);
    }

    private static byte[] line(byte[] json) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(json);
        ByteArrayOutputStream line = new ByteArrayOutputStream(CRC_DIGITS + 1 + json.length);
        line.write((JsonLine.hex((int) crc.getValue()) + " ").getBytes(StandardCharsets.US_ASCII));
        line.write(json);
        return line.toByteArray();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** The lines that are intact. */
    private static final class Lines {
        private final InputStream in;
        /** Of the lines that were returned. */
        private long bytes;

        Lines(InputStream file) {
            this.in = new BufferedInputStream(file, 1 << 16);
        }

        /** Empty after the last one. */
        Optional<JsonObject> next() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            int next = in.read();
            while (next >= 0 && line.size() < MAX_LINE_BYTES) {
                line.write(next);
                if (next == '\n') {
                    return parse(line.toByteArray());
                }
                next = in.read();
            }
            return Optional.empty();
        }

        private Optional<JsonObject> parse(byte[] line) {
            int begin = Math.min(CRC_DIGITS + 1, line.length);
            CRC32C crc = new CRC32C();
            crc.update(line, begin, line.length - begin);
            String written = new String(line, 0, begin, StandardCharsets.US_ASCII);
            if (!written.equals(JsonLine.hex((int) crc.getValue()) + " ")) {
                return Optional.empty();
            }
            bytes += line.length;
            return Optional.of(JsonObject.parse(new String(line, begin, line.length - begin, StandardCharsets.UTF_8)));
        }
    }
}
