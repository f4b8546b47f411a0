// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.image.BackupSources;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ManifestVerification;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RestoreExecutor;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.RestorePreparation;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.OperatingUser;

/** A directory that a backup is restored into, again and again. Not thread-safe. */
final class RecoveredDirectory {
    private final Path directory;

    RecoveredDirectory(Path directory) {
        this.directory = directory;
    }

    /** Creates it again, empty. */
    void empty() throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        Files.createDirectory(directory);
        OperatingUser.current().own(directory);
    }

    /**
     * What the command recover does: catalog, plan, look at the target, restore.
     *
     * @param id the backup; without one, the best for everything that there is
     */
    void recover(ObjectStore store, SystemIdentifier system, Optional<BackupId> id)
            throws IOException, InterruptedException {
        ClusterArchive archive = ClusterSource.archive(store, system);
        BackupCatalog backups = new BackupCatalog(store, PrivateKeys.NONE, ClusterSource.CLUSTER, system);
        RestoreRequest latest = RestoreRequest.of(directory, new RecoveryTarget.Latest());
        PreparedRestore prepared = new RestorePreparation(List.of(Holding.of("local", archive, backups)), Map.of())
                .prepare(id.map(each -> latest.withBackup(each.value())).orElse(latest));
        RestorePlan.Chosen plan = prepared.plan().orThrow();
        new RestoreExecutor(BackupSources.of(backups), Clock.systemUTC(), 2)
                .restore(
                        plan,
                        prepared.backup().orElseThrow(),
                        RecoverySettings.of(plan, "false"),
                        RestoreProgress.NONE);
    }

    /** Compares every file with PostgreSQL's own manifest. */
    void checkComplete() throws IOException {
        assertThat(ManifestVerification.verify(directory, 10).problems()).isEmpty();
        assertThat(isStartable()).isTrue();
    }

    /** Whether PostgreSQL would start in it. */
    boolean isStartable() {
        return Files.exists(directory.resolve(ControlFile.PATH));
    }

    /** The SHA-256 of each file, and where each link leads. */
    SortedMap<String, String> content() throws IOException {
        SortedMap<String, String> content = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.forEach(file -> content.put(directory.relativize(file).toString(), digest(file)));
        }
        return content;
    }

    private static String digest(Path file) {
        try {
            if (Files.isSymbolicLink(file)) {
                return Files.readSymbolicLink(file).toString();
            }
            return Files.isDirectory(file)
                    ? "directory"
                    : Sha256.of(Files.readAllBytes(file)).hex();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
