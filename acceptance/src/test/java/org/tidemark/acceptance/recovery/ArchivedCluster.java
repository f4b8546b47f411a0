// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.TemporaryTree;

/**
 * What the primary of a story left behind. Immutable.
 *
 * @param base the data directory of a base backup from before the first batch
 * @param repository where every segment was archived by wal-push; nobody writes there any more
 */
record ArchivedCluster(PostgresBinaries binaries, String system, Path base, Path repository) {
    static final Duration LIMIT = Duration.ofMinutes(2);
    static final WalSegmentSize SEGMENT_SIZE = new WalSegmentSize(1 << 20);

    /**
     * What a story begins with.
     *
     * @param primary archives, and has an empty table of rows
     * @param spool of every server of the story
     */
    record Beginning(ArchivedCluster cluster, PostgresServer primary, String spool) {
        /** A copy that is restored from the archive, and promoted; it keeps the archive_command that came with it. */
        PostgresServer promotedCopy(Goal goal) {
            var builder = PostgresServer.of(cluster.binaries())
                    .from(cluster.base())
                    .environment("TIDEMARK_HOST_SPOOL", spool)
                    .recovery(InstalledTidemark.walLauncher() + " wal-fetch %f %p --repository file://"
                            + cluster.repository() + " " + goal.options());
            goal.settings().forEach(builder::autoSetting);
            PostgresServer copy = builder.create();
            try {
                copy.launch();
                copy.awaitRecoveryEnd(LIMIT);
            } catch (RuntimeException e) {
                copy.close();
                throw e;
            }
            return copy;
        }
    }

    /** A story that starts with {@link Beginning}. */
    interface Telling<T> {
        T tell(Beginning beginning);
    }

    /** Tells a story with a new primary, which is gone afterwards; what it archived stays until the process ends. */
    static <T> T tell(PostgresBinaries binaries, String name, Telling<T> telling) {
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-" + name);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(directory)));
        Path repository = directory.resolve("repository");
        String spool = directory.resolve("spool").toString();
        try (PostgresServer primary = primary(binaries)
                .archiving(archiveCommand(repository))
                .environment("TIDEMARK_HOST_SPOOL", spool)
                .start()) {
            String system = register(primary, repository);
            primary.sql("CREATE TABLE rows (batch text, n int)", "CREATE TABLE ticks (n int)");
            Path base = primary.takeBaseBackup(directory.resolve("base")).dataDirectory();
            return telling.tell(new Beginning(new ArchivedCluster(binaries, system, base, repository), primary, spool));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new server that is to archive; segments of 1 MiB keep the stories short. */
    static PostgresServerBuilder primary(PostgresBinaries binaries) {
        return PostgresServer.of(binaries).initdb("--wal-segsize=1");
    }

    static String archiveCommand(Path repository) {
        return InstalledTidemark.walLauncher() + " wal-push %p --cluster main --repository file://" + repository;
    }

    /** Makes the repository that {@link #archiveCommand} names, and registers the cluster of {@code server}. */
    static String register(PostgresServer server, Path repository) throws IOException {
        String system = server.query("SELECT system_identifier FROM pg_control_system()");
        ClusterIdentity identity = new ClusterIdentity(
                new ClusterName("main"),
                SystemIdentifier.parse(system),
                SEGMENT_SIZE,
                8192,
                server.binaries().major());
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        provider.createRoot(repository.toUri(), Map.of());
        Repository.create(provider.open(repository.toUri(), Map.of()), Clock.systemUTC())
                .register(identity, Clock.systemUTC());
        OperatingUser.current().own(repository);
        return system;
    }

    /** The content of an archived history. */
    byte[] historyOf(Timeline timeline) throws IOException {
        Repository opened =
                Repository.open(new FileSystemStoreProvider().open(repository.toUri(), Map.of()), Optional.empty());
        try (DecodedObject history = opened.incarnation(new ClusterName("main"), SystemIdentifier.parse(system))
                .orElseThrow()
                .wal()
                .open(new WalFile.TimelineHistoryFile(timeline))
                .orElseThrow()) {
            return history.readAllBytes();
        }
    }

    /** Where in a repository a file is, as docs/design/repository-format.md says. */
    Path objectOf(String walFile) {
        Path incarnation = Path.of("main", system);
        return switch (WalFile.parse(walFile)) {
            case WalFile.TimelineHistoryFile history -> incarnation.resolve("history/" + walFile);
            case WalFile.Segment segment ->
                incarnation
                        .resolve("wal/" + walFile.substring(0, 8))
                        .resolve(walFile.substring(8, 16))
                        .resolve(walFile);
            case WalFile.PartialSegment partial -> throw new IllegalArgumentException(walFile);
            case WalFile.BackupHistoryFile backup -> throw new IllegalArgumentException(walFile);
        };
    }
}
