// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.StoredConfiguration.Setting;
import org.tidemark.core.Finding;
import org.tidemark.server.ServerSettings;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * Whether the newest backup has postgresql.conf, where that is outside of the data directory or a link in it: without
 * it, the restored server cannot be started on another host.
 */
final class StoredConfigurationCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.BACKUP_CONFIGURATION;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        Optional<BaseBackup> newest = at.held().stream()
                .flatMap(held -> held.backups().stream())
                .max(Comparator.comparing(backup -> backup.run().ended()));
        Optional<Path> file = at.server().map(ServerState::settings).flatMap(StoredConfigurationCheck::outside);
        return newest.isEmpty() || file.isEmpty() ? List.of() : at.findings(of(at.name(), newest.get(), file.get()));
    }

    /** The name of the file, unless a backup has it among the files of the data directory. */
    private static Optional<Path> outside(ServerSettings settings) {
        return settings.setting("config_file")
                .map(Path::of)
                .filter(file -> Files.isSymbolicLink(file)
                        || settings.dataDirectory().filter(file::startsWith).isEmpty());
    }

    /** Pure. */
    static Finding of(String repository, BaseBackup newest, Path file) {
        return newest.objects()
                        .configuration()
                        .flatMap(stored -> stored.path(Setting.CONFIG_FILE))
                        .isPresent()
                ? Subject.BACKUP_CONFIGURATION.ok("the newest backup in '" + repository + "' has " + file)
                : Subject.BACKUP_CONFIGURATION.warning(
                        "backup " + newest.id() + ", the newest in '" + repository + "', does not have " + file,
                        "To see why: tidemark show-backup " + newest.id()
                                + ". When that is mended, take a new backup.");
    }
}
