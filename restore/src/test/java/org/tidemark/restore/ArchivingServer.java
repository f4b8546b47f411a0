// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.tidemark.backup.BackupTaker;
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
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.restore.wal.Holding;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;

/** A real server, and a repository in memory that holds its backups and its WAL. */
final class ArchivingServer implements AutoCloseable {
    static final ClusterName CLUSTER = new ClusterName("main");

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final PostgresServer server;
    private final Path wal;
    private final Path work;
    private final ClusterArchive archive;
    private final Repository repository;
    private final Set<Path> pushed = new HashSet<>();
    private final Encoding encoding;

    /** @param work an empty directory */
    ArchivingServer(PostgresServerBuilder builder, Path work) throws IOException {
        this(builder, work, Encoding.of(Codec.parse("zstd:1")));
    }

    /** @param encoding of backups and WAL */
    ArchivingServer(PostgresServerBuilder builder, Path work, Encoding encoding) throws IOException {
        this.work = work;
        this.encoding = encoding;
        server = builder.withoutRecycling().archiving("/bin/false").start();
        wal = server.newDirectory("archive");
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + PostgresServerBuilder.commandInto(wal.toString()) + "'",
                "SELECT pg_reload_conf()");
        repository = Repository.create(store, Clock.systemUTC());
        archive = repository.register(
                new ClusterIdentity(
                        CLUSTER,
                        SystemIdentifier.parse(server.query("SELECT system_identifier FROM pg_control_system()")),
                        new WalSegmentSize(Integer.parseInt(
                                server.query("SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'"))),
                        8192,
                        server.binaries().major()),
                Clock.systemUTC());
    }

    PostgresServer server() {
        return server;
    }

    ClusterArchive archive() {
        return archive;
    }

    /** Where archive_command puts the files; what a plain cp can restore from. */
    Path wal() {
        return wal;
    }

    BackupCatalog backups() {
        return new BackupCatalog(
                store, PrivateKeys.NONE, CLUSTER, archive.identity().system());
    }

    BaseBackup backUp() throws IOException {
        return backUp(BaseBackup.Type.FULL);
    }

    BaseBackup backUp(BaseBackup.Type type) throws IOException {
        return backUp(type, server);
    }

    /** Of a server that archives to the same place, such as a standby that was promoted. */
    BaseBackup backUp(BaseBackup.Type type, PostgresServer of) throws IOException {
        BackupOptions options = new BackupOptions(
                Optional.empty(),
                type,
                SourceMethod.STREAM,
                2,
                BundleWriter.DEFAULT_SIZE_BYTES,
                4,
                work,
                Files.createDirectories(work.resolveSibling("attempts")),
                Checkpoint.FAST,
                OptionalLong.empty(),
                Duration.ofSeconds(60),
                "localhost",
                "test");
        ConnectionSettings settings = ConnectionSettings.parse(
                of.socketConninfo(), new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"));
        return new BackupTaker(
                        List.of(new BackupTarget("test", repository, encoding)),
                        CLUSTER,
                        options,
                        Clock.systemUTC(),
                        new Random(),
                        new Pushing())
                .take(settings)
                .first();
    }

    /** Finishes the current segment, and puts everything that is archived into the repository. */
    void archiveEverything() throws IOException {
        server.archiveCurrentSegment(Duration.ofSeconds(60));
        push();
    }

    /** Puts everything into the repository that is archived up to a segment. */
    void push(String last) throws IOException {
        PostgresWait.until("'" + last + "' is archived", Duration.ofSeconds(60), server, () -> server.isArchived(last));
        push();
    }

    private void push() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(wal, "0*")) {
            for (Path file : files) {
                if (pushed.add(file)) {
                    push(file);
                }
            }
        }
    }

    private void push(Path file) throws IOException {
        WalFile name = WalFile.parse(String.valueOf(file.getFileName()));
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.of(name),
                name.name(),
                archive.identity().system(),
                encoding,
                ObjectSource.of(file, Files.size(file)),
                work)) {
            if (name instanceof WalFile.PartialSegment partial) {
                archive.wal().put(partial, end(partial, file), encoded);
            } else {
                archive.wal().put(name, encoded);
            }
        }
    }

    /** The end of the last page that is not all zero. */
    private Lsn end(WalFile.PartialSegment partial, Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        Lsn start = partial.segment().start(archive.identity().walSegmentSize());
        return new Lsn(start.value() + (end + 8191) / 8192 * 8192L);
    }

    /** Lays out the repository as files, as a store in a local directory has it. */
    void copyRepository(Path to) throws IOException {
        Listing.visit(store, "", object -> {
            Path file = to.resolve(object.key().value());
            Files.createDirectories(file.getParent());
            try (InputStream content = store.open(object.key(), ByteRange.ALL)) {
                Files.copy(content, file);
            }
        });
    }

    /** The repository as a copy of it, without some files, in a store that gives each object the time of copying. */
    Holding copied(Clock clock, Set<String> without) throws IOException {
        return copied(clock, without, Set.of(), UnaryOperator.identity());
    }

    /** The same, with other bytes in some files. */
    Holding damaged(Set<String> names) throws IOException {
        return copied(Clock.systemUTC(), Set.of(), names, _ -> new byte[1000]);
    }

    /** The same, with another last byte: all records can be read. */
    Holding damagedAtTheEnd(Set<String> names) throws IOException {
        return copied(Clock.systemUTC(), Set.of(), names, content -> {
            content[content.length - 1] ^= 1;
            return content;
        });
    }

    private Holding copied(Clock clock, Set<String> without, Set<String> damaged, UnaryOperator<byte[]> damage)
            throws IOException {
        MemoryStore copy = new MemoryStore(clock);
        Listing.visit(store, "", object -> {
            String key = object.key().value();
            if (without.stream().noneMatch(key::contains)) {
                try (InputStream content = store.open(object.key(), ByteRange.ALL)) {
                    byte[] bytes = content.readAllBytes();
                    if (damaged.stream().anyMatch(key::contains)) {
                        bytes = damage.apply(bytes);
                    }
                    copy.putIfAbsent(object.key(), ObjectSource.of(bytes));
                }
            }
        });
        return Holding.of(
                "copy",
                Repository.open(copy, Optional.empty()).incarnations(CLUSTER).getFirst(),
                new BackupCatalog(
                        copy, PrivateKeys.NONE, CLUSTER, archive.identity().system()));
    }

    @Override
    public void close() {
        server.close();
    }

    /** A listener that brings the WAL for which a backup waits. */
    private final class Pushing implements BackupListener {
        @Override
        public void phase(BackupId id, Phase phase) {}

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            try {
                push();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void warning(String message) {}
    }
}
