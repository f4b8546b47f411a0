// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;

/**
 * A real server whose WAL reaches a repository in memory whenever a backup waits for it. Also a listener that takes
 * down what a backup says.
 */
final class ArchivedServer implements AutoCloseable, BackupListener {
    static final ClusterName CLUSTER = new ClusterName("main");

    final PostgresServer server;
    final Path archive;
    final MemoryStore store = new MemoryStore(Clock.systemUTC());
    final Repository repository;
    final ClusterArchive cluster;
    final List<Phase> phases = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final List<WalFile> awaited = new ArrayList<>();
    final List<SourceMethod> used = new ArrayList<>();
    final List<String> reasons = new ArrayList<>();
    boolean archiving = true;
    /** When archiving ends, as if the repository were gone. */
    Optional<Phase> archivingEnds = Optional.empty();

    /** Done while the backup waits for WAL, also to test archiving, each time. */
    Runnable beforeWalIsAwaited = () -> {};

    /** Done before PostgreSQL is told to start the backup. */
    Runnable beforeStart = () -> {};

    /** Done before the first file is copied. */
    Runnable beforeCopy = () -> {};

    /** Done once all files are copied. */
    Runnable onceCopied = () -> {};

    /** Done once all but backup.json is stored. */
    Runnable onceStored = () -> {};

    private final Path work;
    private final Path attempts;
    private final Set<Path> pushed = new HashSet<>();

    ArchivedServer(PostgresServerBuilder builder, Path work) throws IOException {
        this.work = work;
        this.attempts = Files.createDirectories(work.resolveSibling("attempts"));
        server = builder.withoutRecycling().archiving("/bin/false").start();
        archive = server.newDirectory("archive");
        archiveInto(server, archive);
        repository = Repository.create(store, Clock.systemUTC());
        cluster = repository.register(
                new ClusterIdentity(
                        CLUSTER,
                        SystemIdentifier.parse(server.query("SELECT system_identifier FROM pg_control_system()")),
                        new WalSegmentSize(Integer.parseInt(
                                server.query("SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'"))),
                        8192,
                        server.binaries().major()),
                Clock.systemUTC());
    }

    static void archiveInto(PostgresServer server, Path directory) {
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + PostgresServerBuilder.commandInto(directory.toString()) + "'",
                "SELECT pg_reload_conf()");
    }

    BackupOptions options() {
        return options(SourceMethod.STREAM);
    }

    BackupOptions options(SourceMethod method) {
        return options(BaseBackup.Type.FULL, method);
    }

    BackupOptions options(BaseBackup.Type type, SourceMethod method) {
        return new BackupOptions(
                Optional.of("a test"),
                type,
                method,
                2,
                BundleWriter.DEFAULT_SIZE_BYTES,
                4,
                work,
                attempts,
                Checkpoint.FAST,
                OptionalLong.empty(),
                Duration.ofSeconds(60),
                "localhost",
                "test");
    }

    static List<BackupTarget> into(Repository repository) {
        return List.of(new BackupTarget("test", repository, Encoding.of(Codec.parse("zstd:1"))));
    }

    BackupTaker taker(BackupOptions options) {
        return new BackupTaker(into(repository), CLUSTER, options, Clock.systemUTC(), new Random(), this);
    }

    BackupTaker taker() {
        return taker(options());
    }

    static ConnectionSettings settings(PostgresServer server) {
        return ConnectionSettings.parse(
                server.socketConninfo(), new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"));
    }

    ConnectionSettings settings() {
        return settings(server);
    }

    BackupCatalog catalog() {
        return new BackupCatalog(
                store, PrivateKeys.NONE, CLUSTER, cluster.identity().system());
    }

    /** Puts everything that archive_command has taken into the repository. */
    void pushWal() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(archive, "0*")) {
            for (Path file : files) {
                if (pushed.add(file)) {
                    push(file);
                }
            }
        }
    }

    private void push(Path file) throws IOException {
        WalFile wal = WalFile.parse(String.valueOf(file.getFileName()));
        if (wal instanceof WalFile.PartialSegment) {
            return;
        }
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.of(wal),
                wal.name(),
                cluster.identity().system(),
                Encoding.of(Codec.parse("lz4")),
                ObjectSource.of(file, Files.size(file)),
                work)) {
            cluster.wal().put(wal, encoded);
        }
    }

    /** The store is in memory, which fifty backups would fill. */
    void forget(BaseBackup backup) throws IOException {
        List<ObjectKey> data = new ArrayList<>();
        Listing.visit(store, backup.keys().data(), object -> data.add(object.key()));
        store.delete(data);
    }

    /** Starts a copy, with its WAL from the archive, and gives its rows. */
    Map<String, String> startFrom(Path restored) throws IOException {
        // In the test the link leads elsewhere, so the server goes by it, and not by the map.
        Files.delete(restored.resolve("tablespace_map"));
        Files.deleteIfExists(restored.resolve("standby.signal"));
        Files.writeString(restored.resolve("postgresql.auto.conf"), "");
        try (PostgresServer copy = PostgresServer.of(server.binaries())
                .from(restored)
                .setting("archive_mode", "off")
                .recovery("cp " + archive + "/%f %p")
                .start()) {
            copy.awaitRecoveryEnd(Duration.ofSeconds(60));
            return copy.tableHashes();
        }
    }

    @Override
    public void phase(BackupId id, Phase phase) {
        if (phase == Phase.FINISHING) {
            onceCopied.run();
        }
        phases.add(phase);
        if (phase == Phase.STARTING) {
            beforeStart.run();
        }
        if (phase == Phase.COPYING) {
            beforeCopy.run();
        }
        if (phase == Phase.AWAITING_WAL) {
            onceStored.run();
        }
        archiving &= !archivingEnds.equals(Optional.of(phase));
    }

    @Override
    public void source(SourceMethod method, String reason) {
        used.add(method);
        reasons.add(reason);
    }

    @Override
    public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

    @Override
    public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
        awaited.add(missing);
        beforeWalIsAwaited.run();
        if (archiving) {
            try {
                pushWal();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void warning(String message) {
        warnings.add(message);
    }

    @Override
    public void close() {
        server.close();
    }
}
