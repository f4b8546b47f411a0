// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.spool;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContentDigests;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/**
 * One object that a repository still needs: a file that holds exactly the bytes that are to be stored. Immutable.
 *
 * @param file where it is kept
 * @param sequence its place in the queue; a lower one came before
 * @param keyName the last part of its key, see {@link org.tidemark.catalog.WalArchive#keyName}
 * @param sizeBytes of the file
 * @param since when it was put there
 */
public record PendingObject(Path file, long sequence, String keyName, long sizeBytes, Instant since) {
    private static final int SEQUENCE_DIGITS = 16;
    private static final int IN_MEMORY_BYTES = 64 << 20;

    /** The container, found to be what was put there. */
    public record Content(ContainerHeader header, ObjectSource source) {}

    /** The name of the file in the queue's directory. */
    static String fileName(long sequence, String keyName) {
        String digits = Long.toString(sequence);
        return "0".repeat(Math.max(0, SEQUENCE_DIGITS - digits.length())) + digits + "." + keyName;
    }

    /** Empty if it is no file of a queue, such as one that is still being written. */
    static Optional<PendingObject> of(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (name.length() < SEQUENCE_DIGITS + 2 || name.charAt(SEQUENCE_DIGITS) != '.') {
            return Optional.empty();
        }
        for (int i = 0; i < SEQUENCE_DIGITS; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return Optional.empty();
            }
        }
        return Optional.of(new PendingObject(
                file,
                Long.parseLong(name.substring(0, SEQUENCE_DIGITS)),
                name.substring(SEQUENCE_DIGITS + 1),
                Files.size(file),
                Files.getLastModifiedTime(file).toInstant()));
    }

    /** Its header alone. */
    ContainerHeader header() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ContainerHeader.read(in, new ObjectKey(keyName));
        }
    }

    /**
     * Reads it whole, so that nothing is sent that the disk of this host has changed.
     *
     * @throws DamagedObjectException if it is not what was put there
     */
    public Content read() throws IOException {
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
