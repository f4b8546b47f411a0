// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.backup.BackupTaker;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.ObjectStore;

/**
 * A running cluster as the services see it: what is archived is pushed when a test, or a backup that waits for its WAL,
 * says so, into any number of repositories. Immutable.
 *
 * @param conninfo as libpq reads it
 * @param data the data directory
 * @param archive where archive_command puts files
 * @param work an existing directory for what does not fit into memory
 */
record ClusterSource(String conninfo, Path data, Path archive, Path work) {
    static final ClusterName CLUSTER = new ClusterName("main");
    static final WalSegmentSize SEGMENT_SIZE = new WalSegmentSize(1 << 20);

    /** Makes a repository in an empty store, and registers the cluster. */
    void register(ObjectStore store) throws IOException {
        ControlFile control = ControlFile.read(data);
        Repository.create(store, Clock.systemUTC())
                .register(
                        new ClusterIdentity(
                                CLUSTER,
                                control.system(),
                                control.walSegmentSize(),
                                control.pageSize(),
                                control.postgresMajor()),
                        Clock.systemUTC());
    }

    SystemIdentifier system() throws IOException {
        return ControlFile.read(data).system();
    }

    static ClusterArchive archive(ObjectStore store, SystemIdentifier system) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(CLUSTER, system)
                .orElseThrow();
    }

    /** Pushes everything that archive_command has taken. */
    void push(ObjectStore store) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(archive, "0*")) {
            for (Path file : files) {
                push(WalFile.parse(String.valueOf(file.getFileName())), store);
            }
        }
    }

    private void push(WalFile file, ObjectStore store) throws IOException {
        PushTarget target =
                new PushTarget("repository", Encoding.of(Codec.parse("zstd:1")), system -> archive(store, system));
        new WalPusher(target, work, Clock.systemUTC())
                .push(new PushRequest(file, archive.resolve(file.name()), ControlFile.read(data)));
    }

    /**
     * Takes a full backup into {@code store}.
     *
     * @param walInto where WAL is pushed that the backup waits for
     */
    BaseBackup backup(ObjectStore store, ObjectStore walInto) throws IOException {
        return backup(SourceMethod.STREAM, store, pushing(walInto));
    }

    BaseBackup backup(SourceMethod method, ObjectStore store, BackupListener listener) throws IOException {
        BackupOptions options = new BackupOptions(
                Optional.empty(),
                BaseBackup.Type.FULL,
                method,
                2,
                BundleWriter.DEFAULT_SIZE_BYTES,
                4,
                work,
                Files.createDirectories(work.resolveSibling("attempts")),
                Checkpoint.FAST,
                OptionalLong.empty(),
                Duration.ofMinutes(1),
                "localhost",
                "test");
        Repository repository = Repository.open(store, Optional.empty());
        return new BackupTaker(
                        List.of(new BackupTarget("test", repository, Encoding.of(Codec.parse("zstd:1")))),
                        CLUSTER,
                        options,
                        Clock.systemUTC(),
                        new Random(),
                        listener)
                .take(ConnectionSettings.parse(
                        conninfo, new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody")))
                .first();
    }

    BackupListener pushing(ObjectStore walInto) {
        return new Pushing(this, walInto);
    }

    /** Pushes what a backup waits for. */
    private record Pushing(ClusterSource source, ObjectStore store) implements BackupListener {
        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            if (Files.exists(source.archive().resolve(missing.name()))) {
                try {
                    source.push(missing, store);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        @Override
        public void phase(BackupId id, Phase phase) {}

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

        @Override
        public void warning(String message) {}
    }
}
