// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.Piece;
import org.tidemark.catalog.backup.ManifestReader;

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
            List<BundleRef> bundles = catalog.bundles(backup);
            for (FileEntry file : found.values()) {
                contents.put(file.path(), content(file, bundles));
            }
        }
        return contents;
    }

    private byte[] content(FileEntry file, List<BundleRef> bundles) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        MessageDigest digests = Sha256.newDigest();
        for (Piece piece : file.pieces()) {
            byte[] frame = catalog.bundle(bundles.get(piece.bundle() - 1)).read(piece.frame());
            MessageDigest digest = Sha256.newDigest();
            digest.update(frame, piece.offset(), piece.size());
            digests.update(HexFormat.of().parseHex(Sha256.finish(digest).hex()));
            content.write(frame, piece.offset(), piece.size());
        }
        if (!Sha256.finish(digests).equals(file.sha256())) {
            throw new DamagedObjectException(
                    backup.keys().bundles(), "the pieces of '" + file.path() + "' do not add up to that file");
        }
        return content.toByteArray();
    }
}
