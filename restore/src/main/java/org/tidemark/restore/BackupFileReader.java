// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.Piece;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.PieceChecksums;

/** Reads single small files out of a backup, such as postgresql.conf. Thread-safe. */
public final class BackupFileReader {
    private final BackupCatalog catalog;
    private final BaseBackup backup;

    public BackupFileReader(BackupCatalog catalog, BaseBackup backup) {
        this.catalog = catalog;
        this.backup = backup;
    }

    /**
     * The content of those of the files that the backup has, by path. Reads the manifest to its end.
     *
     * @param mostBytes a longer file is left out
     * @throws DamagedObjectException if a byte does not match its digest
     */
    public Map<String, byte[]> read(Set<String> paths, int mostBytes) throws IOException {
        Map<String, FileEntry> found = new HashMap<>();
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            if (next.get() instanceof FileEntry file && paths.contains(file.path()) && file.size() <= mostBytes) {
                found.put(file.path(), file);
            }
        }
        Map<String, byte[]> contents = new HashMap<>();
        if (!found.isEmpty()) {
            Map<Integer, BundleRef> bundles = catalog.bundles(backup);
            for (FileEntry file : found.values()) {
                contents.put(file.path(), content(file, bundles));
            }
        }
        return contents;
    }

    private byte[] content(FileEntry file, Map<Integer, BundleRef> bundles) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        FingerprintKey key = backup.objects().fingerprintKey();
        for (Piece piece : file.pieces()) {
            BundleRef bundle = bundles.get(piece.bundle());
            if (bundle == null) {
                throw misfit(file);
            }
            BundleReader reader = catalog.bundle(backup, bundle);
            int frame = reader.frameAt(piece.start());
            if (frame < 0) {
                throw misfit(file);
            }
            byte[] data = reader.read(frame);
            if (piece.offset() + piece.size() > data.length
                    || !PieceChecksums.of(key, data, piece.offset(), piece.size())
                            .equals(piece.checksums())) {
                throw misfit(file);
            }
            content.write(data, piece.offset(), piece.size());
        }
        byte[] bytes = content.toByteArray();
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        if ((int) crc.getValue() != file.crc32c()) {
            throw misfit(file);
        }
        return bytes;
    }

    private DamagedObjectException misfit(FileEntry file) {
        return new DamagedObjectException(
                backup.keys().bundles(), "the pieces of '" + file.path() + "' do not add up to that file");
    }
}
