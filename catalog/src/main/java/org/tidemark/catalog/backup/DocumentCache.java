// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/**
 * Documents that this host has read before, in one file, so that a listing reads only the new ones. It is a hint: a
 * document counts only while the store lists an object of the same key, size and time, and fits its checksum, which
 * takes a tenth of the time of the digest in it. So a file that is missing, damaged, of another repository, or that
 * cannot be written makes a listing slower, and never different. Safe between processes: of two that write, the last
 * one wins.
 */
final class DocumentCache {
    /** Of all documents; the oldest are left out. A description has some 2 KiB. */
    static final int MAX_BYTES = 32 << 20;

    private static final int MAX_DOCUMENT_BYTES = 256 << 10;
    private static final int FORMAT = 0x7464_6302;

    private final Path file;

    /** @param file need not exist; its directories are made when there is something to write */
    DocumentCache(Path file) {
        this.file = file;
    }

    /** The documents that are intact and fit the listed objects by key, size and time; by their keys. */
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
                if (in.readInt() == checksum(info.key(), document) && info.equals(listed.get(info.key()))) {
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
        UnsyncedFile.replaceIfPossible(file, out -> {
            out.writeInt(FORMAT);
            out.writeInt(kept.size());
            for (Map.Entry<ObjectInfo, byte[]> each : kept.entrySet()) {
                Instant stored = each.getKey().stored();
                out.writeUTF(each.getKey().key().value());
                out.writeInt(each.getValue().length);
                out.writeLong(stored.getEpochSecond());
                out.writeInt(stored.getNano());
                out.write(each.getValue());
                out.writeInt(checksum(each.getKey().key(), each.getValue()));
            }
        });
    }

    private static int checksum(ObjectKey key, byte[] document) {
        CRC32C checksum = new CRC32C();
        checksum.update(key.value().getBytes(StandardCharsets.US_ASCII));
        checksum.update(document);
        return (int) checksum.getValue();
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
}
