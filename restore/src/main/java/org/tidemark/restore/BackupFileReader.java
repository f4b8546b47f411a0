// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleFrames;
import org.tidemark.catalog.backup.BundleFrames.FrameBuffer;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.catalog.format.DamagedObjectException;

/** Reads single small files out of a backup, such as postgresql.conf. Thread-safe. */
public final class BackupFileReader {
    private final BackupCatalog catalog;
    private final BaseBackup backup;

    public BackupFileReader(BackupCatalog catalog, BaseBackup backup) {
        this.catalog = catalog;
        this.backup = backup;
    }

    /**
     * The content of those of the files that the backup has, by path. Of the manifest only the parts with these paths
     * are read.
     *
     * @param mostBytes a longer file is left out
     * @throws DamagedObjectException if a byte does not match its digest
     */
    public Map<String, byte[]> read(Set<String> paths, int mostBytes) throws IOException {
        Map<String, FileEntry> found = new HashMap<>();
        for (ManifestEntry entry : catalog.manifest(backup).find(paths).values()) {
            if (entry instanceof FileEntry file && file.size() <= mostBytes) {
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
        byte[] content = new byte[(int) file.size()];
        Optional<FingerprintKey> key = Optional.of(backup.objects().fingerprintKey());
        FrameBuffer buffer = new FrameBuffer();
        for (Piece piece : file.pieces()) {
            BundleRef bundle = bundles.get(piece.bundle());
            if (bundle == null) {
                throw misfit(file);
            }
            BundleFrames frames = catalog.frames(bundle);
            try (InputStream stored = frames.open(piece.start(), piece.length())) {
                int size = frames.readNext(stored, piece.length(), buffer);
                if (piece.offset() + piece.size() > size
                        || !piece.checksums().match(key, buffer.data(), piece.offset(), piece.size())) {
                    throw misfit(file);
                }
            }
            for (Stretch each : piece.written()) {
                System.arraycopy(
                        buffer.data(), piece.offset() + each.offset(), content, (int) each.at(), each.sizeBytes());
            }
        }
        CRC32C crc = new CRC32C();
        crc.update(content);
        if (file.crc32c().isPresent() && (int) crc.getValue() != file.crc32c().getAsInt()) {
            throw misfit(file);
        }
        return content;
    }

    private DamagedObjectException misfit(FileEntry file) {
        return new DamagedObjectException(
                backup.keys().bundles(), "the pieces of '" + file.path() + "' do not add up to that file");
    }
}
