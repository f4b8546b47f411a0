// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.tidemark.core.DurableFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/**
 * Documents that this host has read before, in one file, so that a listing reads only the new ones. It is a hint: a
 * document counts only while the store lists an object of the same key, size and time, and its reader checks its
 * digest. So a file that is missing, damaged, of another repository, or that cannot be written makes a listing slower,
 * and never different. Safe between processes: of two that write, the last one wins.
 */
final class DocumentCache {
    /** Of all documents; the oldest are left out. A description has some 2 KiB. */
    static final int MAX_BYTES = 32 << 20;

    private static final int MAX_DOCUMENT_BYTES = 256 << 10;
    private static final int FORMAT = 0x7464_6301;

    /** A process that writes for longer was killed. */
    private static final Duration LONGEST_WRITE = Duration.ofHours(1);

    private final Path file;

    /** @param file need not exist; its directories are made when there is something to write */
    DocumentCache(Path file) {
        this.file = file;
    }

    /** The documents that fit the listed objects by key, size and time; by their keys. */
    Map<ObjectKey, byte[]> read(Map<ObjectKey, ObjectInfo> listed) {
        Map<ObjectKey, byte[]> documents = new HashMap<>();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != FORMAT) {
                return documents;
            }
            for (int left = in.readInt(), bytes = 0; left > 0 && bytes <= MAX_BYTES; left--) {
                ObjectInfo info = new ObjectInfo(
                        new ObjectKey(in.readUTF()), in.readInt(), Instant.ofEpochSecond(in.readLong(), in.readInt()));
                if (info.sizeBytes() < 0 || info.sizeBytes() > MAX_DOCUMENT_BYTES) {
                    break;
                }
                byte[] document = in.readNBytes((int) info.sizeBytes());
                bytes += document.length;
                if (document.length == info.sizeBytes() && info.equals(listed.get(info.key()))) {
                    documents.put(info.key(), document);
                }
            }
        } catch (IOException | RuntimeException e) {
            // The documents read before the damage may still be intact.
        }
        return documents;
    }

    /**
     * Replaces the content of the file.
     *
     * @param listed in order of age, the newest last
     * @param documents those of them that are known
     * @param added the keys of those that the file lacks: if there are none, nothing is written
     */
    void write(List<ObjectInfo> listed, Map<ObjectKey, byte[]> documents, Set<ObjectKey> added) {
        Map<ObjectInfo, byte[]> kept = newest(listed, documents);
        if (kept.keySet().stream().noneMatch(each -> added.contains(each.key()))) {
            return;
        }
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        Path temporary = directory.resolve(UUID.randomUUID() + DurableFile.TEMPORARY);
        try {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DurableFile.permissions(0700)));
            write(temporary, kept);
            removeAbandoned(directory);
        } catch (IOException e) {
            // Then the documents are read from the store each time.
            remove(temporary);
        }
    }

    private void write(Path temporary, Map<ObjectInfo, byte[]> kept) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        temporary,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                        PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600)));
                DataOutputStream out =
                        new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)))) {
            out.writeInt(FORMAT);
            out.writeInt(kept.size());
            for (Map.Entry<ObjectInfo, byte[]> each : kept.entrySet()) {
                Instant stored = each.getKey().stored();
                out.writeUTF(each.getKey().key().value());
                out.writeInt(each.getValue().length);
                out.writeLong(stored.getEpochSecond());
                out.writeInt(stored.getNano());
                out.write(each.getValue());
            }
        }
        // Not synced: a reader compares digests, so it finds what a crash has cut off.
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Map<ObjectInfo, byte[]> newest(List<ObjectInfo> listed, Map<ObjectKey, byte[]> documents) {
        Map<ObjectInfo, byte[]> kept = new LinkedHashMap<>();
        long bytes = 0;
        for (ObjectInfo each : listed.reversed()) {
            byte[] document = documents.get(each.key());
            // An object that was replaced since it was listed is read again.
            if (document != null && document.length == each.sizeBytes() && document.length <= MAX_DOCUMENT_BYTES) {
                bytes += document.length;
                if (bytes > MAX_BYTES) {
                    break;
                }
                kept.put(each, document);
            }
        }
        return kept;
    }

    /** Removes what processes that were killed have left. */
    private void removeAbandoned(Path directory) throws IOException {
        FileTime now = Files.getLastModifiedTime(file);
        try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(directory, "*" + DurableFile.TEMPORARY)) {
            for (Path each : temporaries) {
                Duration age = Duration.between(Files.getLastModifiedTime(each).toInstant(), now.toInstant());
                if (age.compareTo(LONGEST_WRITE) > 0) {
                    remove(each);
                }
            }
        }
    }

    private static void remove(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // It is harmless.
        }
    }
}
