// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.postgres.BaseBackupFiles;

/** Records every file as soon as all of its parts are in bundles. Not thread-safe. */
final class ManifestRecorder {
    private static final String TABLESPACES = BaseBackupFiles.TABLESPACES + "/";

    private final Map<String, Long> tablespaceBytes = new HashMap<>();
    private final ManifestWriter manifest;
    private final ManifestComparison comparison;
    private final RequiredFiles necessary;
    private final Optional<OwnManifest> own;
    private long files;
    private long bytes;

    /** @param own present if PostgreSQL sends no backup_manifest to compare the files with */
    ManifestRecorder(
            ManifestWriter manifest,
            ManifestComparison comparison,
            RequiredFiles necessary,
            Optional<OwnManifest> own) {
        this.own = own;
        this.manifest = manifest;
        this.comparison = comparison;
        this.necessary = necessary;
    }

    /** Does nothing while a part of the file is missing. */
    void add(IncomingFile file) throws IOException {
        if (file.isComplete()) {
            FileEntry entry = file.entry();
            manifest.add(entry);
            if (own.isPresent()) {
                own.get().add(entry);
            } else {
                comparison.addStored(entry);
            }
            necessary.add(entry);
            files++;
            bytes += entry.size();
            int end = entry.path().startsWith(TABLESPACES) ? entry.path().indexOf('/', TABLESPACES.length()) : -1;
            if (end > 0) {
                tablespaceBytes.merge(entry.path().substring(0, end), entry.size(), Long::sum);
            }
        }
    }

    /** A directory or a link. */
    void add(ManifestEntry entry) throws IOException {
        manifest.add(entry);
        necessary.add(entry);
    }

    long files() {
        return files;
    }

    long bytes() {
        return bytes;
    }

    /** How many bytes the files of a tablespace have, by its path in the data directory. */
    long bytesBelow(String tablespace) {
        return tablespaceBytes.getOrDefault(tablespace, 0L);
    }
}
