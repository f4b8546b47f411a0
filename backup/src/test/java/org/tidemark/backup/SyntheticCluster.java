// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupResult;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.ListedTablespaces;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.backup.server.ListedTablespaces.RelationOfTablespace;
import org.tidemark.backup.server.ServerQueries;
import org.tidemark.backup.server.StandbyReplay;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.core.ClusterName;
import org.tidemark.core.HostFiles;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.WalFixtures;

/** A small cluster in a repository: registered, its WAL archived, ready for a backup. */
public final class SyntheticCluster {
    static final ClusterName NAME = new ClusterName("main");
    static final WalSegmentSize SEGMENT_SIZE = new WalSegmentSize(1 << 20);
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T06:30:11Z"), ZoneOffset.UTC);

    final SystemIdentifier system;
    final SyntheticServer server;
    private final Path work;
    /** The journals of attempts. */
    final Path attempts;

    /** Of the host. */
    Clock clock = CLOCK;

    /** @param random fills a file of more than a frame */
    SyntheticCluster(Path work, Random random) throws IOException {
        this.work = work;
        this.attempts = Files.createDirectories(work.resolveSibling("attempts"));
        byte[] control;
        try (PostgresServer real =
                PostgresServer.of(PostgresBinaries.embedded(15)).create()) {
            control = Files.readAllBytes(real.dataDirectory().resolve("global/pg_control"));
        }
        system = ControlFile.parse(control, "pg_control").system();
        server = new SyntheticServer(system, control);
        byte[] large = new byte[(1 << 20) + 12_345];
        random.nextBytes(large);
        server.files.put("base/1/large", large);
    }

    /** Makes the repository, and archives what the backup needs. */
    void prepare(ObjectStore store) throws IOException {
        prepare(store, Encoding.of(Codec.parse("zstd")));
    }

    void prepare(ObjectStore store, Encoding encoding) throws IOException {
        ClusterArchive archive = Repository.create(store, CLOCK)
                .register(
                        new ClusterIdentity(NAME, system, SEGMENT_SIZE, 8192, server.serverVersionNum() / 10_000),
                        CLOCK);
        WalRange range = new WalRange(SyntheticServer.TIMELINE, SyntheticServer.START, SyntheticServer.STOP);
        for (Iterator<WalFile.Segment> each = range.segments(SEGMENT_SIZE).iterator(); each.hasNext(); ) {
            WalFile.Segment segment = each.next();
            byte[] content = WalFixtures.segment(segment, system, SEGMENT_SIZE, 1);
            try (EncodedObject encoded = encode(ContainerKind.WAL, segment.name(), encoding, content)) {
                archive.wal().put(segment, encoded);
            }
        }
        WalFile.TimelineHistoryFile history = new WalFile.TimelineHistoryFile(SyntheticServer.TIMELINE);
        byte[] lines = SyntheticServer.HISTORY.getBytes(StandardCharsets.UTF_8);
        try (EncodedObject encoded = encode(ContainerKind.HISTORY, history.name(), encoding, lines)) {
            archive.wal().put(history, encoded);
        }
    }

    private EncodedObject encode(ContainerKind kind, String name, Encoding encoding, byte[] content)
            throws IOException {
        return ObjectEncoder.encode(kind, name, system, encoding, ObjectSource.of(content), work);
    }

    BaseBackup backup(ObjectStore store) throws IOException {
        return backup(store, "zstd");
    }

    BaseBackup backup(ObjectStore store, String codec) throws IOException {
        return backup(store, Encoding.of(Codec.parse(codec)));
    }

    BaseBackup backup(ObjectStore store, Encoding encoding) throws IOException {
        return backup(List.of(target("test", store, encoding)), BundleWriter.DEFAULT_SIZE_BYTES)
                .first();
    }

    /** Reads everything that a repository holds, and expects no problem. */
    static void assertSound(ObjectStore repository, PrivateKeys keys) throws IOException {
        VerifyReport report = new Verifier(
                        repository,
                        keys,
                        new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 1),
                        CLOCK,
                        (objects, bytes) -> {})
                .verifyRepository();
        assertThat(report.problems()).as(report.toString()).isZero();
    }

    static BackupTarget target(String name, ObjectStore store, Encoding encoding) throws IOException {
        return new BackupTarget(name, Repository.open(store, Optional.empty()), encoding);
    }

    BackupResult backup(List<BackupTarget> targets, long bundleSizeBytes) throws IOException {
        return taker(targets, bundleSizeBytes).take(server, answers);
    }

    BackupTaker taker(List<BackupTarget> targets) {
        return taker(targets, BundleWriter.DEFAULT_SIZE_BYTES);
    }

    /** Of what has changed since the newest backup. */
    BackupResult incremental(BackupTarget... targets) throws IOException {
        return taker(List.of(targets), BundleWriter.DEFAULT_SIZE_BYTES, BaseBackup.Type.INCREMENTAL)
                .take(server, answers);
    }

    private BackupTaker taker(List<BackupTarget> targets, long bundleSizeBytes) {
        return taker(targets, bundleSizeBytes, BaseBackup.Type.FULL);
    }

    private BackupTaker taker(List<BackupTarget> targets, long bundleSizeBytes, BaseBackup.Type type) {
        BackupOptions options = new BackupOptions(
                Optional.empty(),
                type,
                SourceMethod.STREAM,
                2,
                bundleSizeBytes,
                4,
                work,
                attempts,
                Checkpoint.FAST,
                OptionalLong.empty(),
                Duration.ZERO,
                "localhost",
                "test");
        return new BackupTaker(targets, NAME, options, clock, new Random(), listener);
    }

    BackupCatalog catalog(ObjectStore store) {
        return new BackupCatalog(store, PrivateKeys.NONE, NAME, system);
    }

    /** What the server says before a backup, and after it. */
    Optional<List<BackupFacts.Database>> databases = Optional.empty();

    /** What its catalogs say before a backup, and after it. */
    Optional<ListedTablespaces> tablespaces = Optional.empty();

    /** Where the latest checkpoint begins when the id is claimed. */
    Optional<Lsn> redo = Optional.empty();

    /** Relations that became shorter, by tablespace, database and number, and whether one grew again later. */
    Optional<Map<String, Long>> truncations = Optional.of(Map.of());

    Optional<Boolean> regrown = Optional.of(false);

    final ServerQueries answers = new ServerQueries() {
        @Override
        public Optional<Truncations> truncationsAfter(Lsn from) {
            return truncations.map(each -> new Truncations(SyntheticServer.STOP, each));
        }

        @Override
        public Optional<Boolean> isRegrownAfter(Lsn from) {
            return regrown;
        }

        @Override
        public Optional<Instant> now() {
            return Optional.empty();
        }

        @Override
        public Optional<StandbyReplay> replay() {
            return Optional.empty();
        }

        @Override
        public Optional<Long> nextXid() {
            return Optional.empty();
        }

        @Override
        public Optional<Lsn> redo() {
            return redo;
        }

        @Override
        public Optional<List<BackupFacts.Database>> databases() {
            return databases;
        }

        @Override
        public Optional<String> glibc() {
            return Optional.empty();
        }

        @Override
        public Optional<ListedTablespaces> tablespaces() {
            return tablespaces;
        }

        @Override
        public Optional<Set<DatabaseOfTablespace>> databasesWithFiles() {
            return tablespaces.map(each -> each.relations().stream()
                    .map(RelationOfTablespace::inDatabase)
                    .collect(Collectors.toSet()));
        }

        @Override
        public Map<Long, String> tablespaceNames() {
            return Map.of();
        }

        @Override
        public Optional<WalFile.Segment> switchWal() {
            return Optional.empty();
        }

        @Override
        public void closeSegmentOfPrimary(SystemIdentifier system) {}

        @Override
        public boolean archiveModeAwaitsRestart() {
            return false;
        }

        @Override
        public ServerConfiguration configuration(Optional<HostFiles> files) {
            return ServerConfiguration.NONE;
        }

        @Override
        public Optional<String> archivingFailure() {
            return Optional.empty();
        }
    };

    public static final BackupListener SILENT = new Silent();

    BackupListener listener = SILENT;

    static class Silent implements BackupListener {
        @Override
        public void phase(BackupId id, Phase phase) {}

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {}

        @Override
        public void warning(String message) {}
    }
}
