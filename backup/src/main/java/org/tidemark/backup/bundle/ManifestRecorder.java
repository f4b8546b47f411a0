// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.backup.server.RequiredFiles;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.postgres.BaseBackupFiles;

/** Records every file as soon as all of its parts are in bundles. Not thread-safe. */
public final class ManifestRecorder {
    private static final String TABLESPACES = BaseBackupFiles.TABLESPACES + "/";

    private final Map<String, Long> tablespaceBytes = new HashMap<>();
    private final List<BackupVariant> variants;
    private final Optional<ManifestComparison> comparison;
    private final RequiredFiles necessary;
    private final Optional<OwnManifest> own;
    private final List<SortedMap<Integer, Long>> live = new ArrayList<>();
    private long files;
    private long bytes;

    /**
     * Used by one backup.
     *
     * @param variants each gets every file into its manifest
     * @param comparison with the backup_manifest that PostgreSQL sends, if it sends one
     * @param own the backup_manifest of the backup, unless it is the one that PostgreSQL sends
     */
    ManifestRecorder(
            List<BackupVariant> variants,
            Optional<ManifestComparison> comparison,
            RequiredFiles necessary,
            Optional<OwnManifest> own) {
        this.own = own;
        this.variants = variants;
        this.comparison = comparison;
        this.necessary = necessary;
        variants.forEach(_ -> live.add(new TreeMap<>()));
    }

    /** Does nothing while a part of the file is missing. */
    void add(IncomingFile file) throws IOException {
        if (file.isComplete()) {
            for (int variant = 0; variant < variants.size(); variant++) {
                BackupVariant of = variants.get(variant);
                if (of.isLive()) {
                    FileEntry entry = file.entry(variant, of.parent())
                            .orElseThrow(() -> new IllegalStateException("a part of '" + file.path() + "' is missing"));
                    of.manifest().add(entry);
                    for (Piece each : entry.pieces()) {
                        live.get(variant).merge(each.bundle(), (long) each.writtenBytes(), Long::sum);
                    }
                }
            }
            if (own.isPresent()) {
                own.get().add(file);
            }
            if (comparison.isPresent()) {
                comparison.get().addStored(file.sent());
            }
            String path = file.path();
            necessary.addFile(path, file.size());
            files++;
            bytes += file.size();
            int end = path.startsWith(TABLESPACES) ? path.indexOf('/', TABLESPACES.length()) : -1;
            if (end > 0) {
                tablespaceBytes.merge(path.substring(0, end), file.size(), Long::sum);
            }
        }
    }

    /** A directory or a link. */
    void add(ManifestEntry entry) throws IOException {
        for (BackupVariant each : variants) {
            each.manifest().add(entry);
        }
        necessary.add(entry);
    }

    /** How many bytes of its files come from each bundle of a variant's manifest, by its number. */
    SortedMap<Integer, Long> live(int variant) {
        return live.get(variant);
    }

    /** How many files were recorded. */
    public long files() {
        return files;
    }

    /** The size of the recorded files. */
    public long bytes() {
        return bytes;
    }

    /** How many bytes the files of a tablespace have, by its path in the data directory. */
    public long bytesBelow(String tablespace) {
        return tablespaceBytes.getOrDefault(tablespace, 0L);
    }
}
