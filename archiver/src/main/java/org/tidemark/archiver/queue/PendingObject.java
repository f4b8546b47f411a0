// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/**
 * One object that a repository still needs: a file with exactly the bytes that are to be stored, or an empty file whose
 * name says which other repository holds them. Immutable.
 *
 * @param file of the spool
 * @param sequence its place in the queue; a lower one came before
 * @param keyName the last part of its key, see {@link org.tidemark.catalog.wal.WalArchive#keyName}
 * @param held where its bytes are; empty if they are in the file
 */
public record PendingObject(Path file, long sequence, String keyName, Optional<CopySource> held) {
    static final int SEQUENCE_DIGITS = 16;
    private static final int IN_MEMORY_BYTES = 64 << 20;

    /** The container, found to be what was put there. */
    public record Content(ContainerHeader header, ObjectSource source) {}

    /**
     * The repository that holds an object of which only the name is queued. Immutable.
     *
     * @param repository which had it when it was queued
     * @param digestStart the first 16 digits of the SHA-256 of the plain content
     */
    public record CopySource(RepositoryId repository, String digestStart) {
        private static final String INFIX = ".in-";
        private static final int DIGEST_DIGITS = 16;
        private static final int UUID_CHARACTERS = 36;
        private static final int SUFFIX_CHARACTERS = 1 + DIGEST_DIGITS + 4 + UUID_CHARACTERS;

        static CopySource of(RepositoryId repository, Sha256 plain) {
            return new CopySource(repository, plain.hex().substring(0, DIGEST_DIGITS));
        }

        /** Whether a file's name ends so; no key does. */
        static boolean isIn(String fileName) {
            int start = fileName.length() - SUFFIX_CHARACTERS;
            return start > SEQUENCE_DIGITS + 1
                    && fileName.charAt(start) == '.'
                    && fileName.startsWith(INFIX, start + 1 + DIGEST_DIGITS);
        }

        private static CopySource parse(String fileName) {
            int digest = fileName.length() - SUFFIX_CHARACTERS + 1;
            return new CopySource(
                    new RepositoryId(fileName.substring(fileName.length() - UUID_CHARACTERS)),
                    fileName.substring(digest, digest + DIGEST_DIGITS));
        }

        /** Whether this is the content that was queued. */
        public boolean isOf(Sha256 plain) {
            return plain.hex().startsWith(digestStart);
        }

        private String suffix() {
            return "." + digestStart + INFIX + repository;
        }
    }

    /** The name of the file in the queue's directory. */
    static String fileName(long sequence, String keyName, Optional<CopySource> held) {
        String digits = Long.toString(sequence);
        String zeros = "0".repeat(Math.max(0, SEQUENCE_DIGITS - digits.length()));
        return zeros + digits + "." + keyName + (held.isPresent() ? held.get().suffix() : "");
    }

    /** Whether a file's name is one of a queue, and not one of a file that is still being written. */
    static boolean isOne(String fileName) {
        if (fileName.length() < SEQUENCE_DIGITS + 2 || fileName.charAt(SEQUENCE_DIGITS) != '.') {
            return false;
        }
        for (int i = 0; i < SEQUENCE_DIGITS; i++) {
            if (fileName.charAt(i) < '0' || fileName.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    /** @throws IllegalArgumentException if the name is not one of a queue */
    static PendingObject of(Path directory, String fileName) {
        if (!isOne(fileName)) {
            throw new IllegalArgumentException("not a file of a queue: '" + fileName + "'");
        }
        Optional<CopySource> held =
                CopySource.isIn(fileName) ? Optional.of(CopySource.parse(fileName)) : Optional.empty();
        int end = fileName.length() - (held.isPresent() ? CopySource.SUFFIX_CHARACTERS : 0);
        return new PendingObject(
                directory.resolve(fileName),
                Long.parseLong(fileName.substring(0, SEQUENCE_DIGITS)),
                fileName.substring(SEQUENCE_DIGITS + 1, end),
                held);
    }

    /** The size of the file: 0 where the bytes are in another repository, and where the file is gone meanwhile. */
    public long sizeBytes() {
        return held.isPresent() ? 0 : file.toFile().length();
    }

    /** When it was queued; empty if it is gone meanwhile. */
    public Optional<Instant> since() {
        long millis = file.toFile().lastModified();
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    /** Whether this is the content that was queued. */
    boolean isOf(Sha256 plain) throws IOException {
        if (held.isPresent()) {
            return held.get().isOf(plain);
        }
        try (InputStream in = Files.newInputStream(file)) {
            Optional<ContentDigests> queued =
                    ContainerHeader.read(in, new ObjectKey(keyName)).content();
            return queued.isPresent() && queued.get().plain().equals(plain);
        }
    }

    /**
     * Reads it whole, so that nothing is sent that the disk of this host has changed.
     *
     * @throws DamagedObjectException if it is not what was put there
     * @throws IllegalStateException if its bytes are in another repository
     */
    public Content read() throws IOException {
        if (held.isPresent()) {
            throw new IllegalStateException(
                    "its bytes are in repository " + held.get().repository() + ": " + file);
        }
        long sizeBytes = Files.size(file);
        if (sizeBytes > IN_MEMORY_BYTES) {
            try (InputStream in = Files.newInputStream(file)) {
                return new Content(check(in), ObjectSource.of(file, sizeBytes));
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        return new Content(check(new ByteArrayInputStream(bytes)), ObjectSource.of(bytes));
    }

    private ContainerHeader check(InputStream in) throws IOException {
        ObjectKey key = new ObjectKey(keyName);
        ContainerHeader header = ContainerHeader.read(in, key);
        ContentDigests digests =
                header.content().orElseThrow(() -> new DamagedObjectException(key, "its header has no digests"));
        StoredObject payload = StoredObject.of(in);
        if (!payload.equals(new StoredObject(digests.storedSize(), digests.stored()))) {
            throw new DamagedObjectException(key, "what '" + file + "' holds does not match its digest");
        }
        return header;
    }
}
