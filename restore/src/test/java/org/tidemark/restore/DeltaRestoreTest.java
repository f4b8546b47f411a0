// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.image.BackupSources;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.RestoreRequest.Delta;
import org.tidemark.restore.request.RestoreRequest.MoveAside;
import org.tidemark.restore.target.RestoreMarker;
import org.tidemark.restore.wal.Holding;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;
import org.tidemark.testkit.WalFixtures;

/** Restores over a cluster, whatever became of it since the backup. One server for all tests. */
class DeltaRestoreTest {
    private static final Delta DELTA = new Delta(false);
    private static final int BACKUPS = 2;

    @TempDir
    private static Path work;

    private static ArchivingServer source;
    private static final List<BaseBackup> TAKEN = new ArrayList<>();

    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-delta-");

    @BeforeAll
    static void backUp() throws IOException {
        source = new ArchivingServer(
                PostgresServer.of(PostgresBinaries.oldestAndNewest().getLast()).initdb("--wal-segsize=1"), work);
        PostgresServer server = source.server();
        server.sql(
                "CREATE TABLESPACE fast LOCATION '" + server.newDirectory("fast") + "'",
                "CREATE TABLE a AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i",
                "CREATE TABLE b TABLESPACE fast AS SELECT i, md5(i::text) FROM generate_series(1, 5000) i");
        OperatingUser.current()
                .own(Files.createDirectories(server.dataDirectory().resolve("log")));
        for (String file : List.of("server.crt", "log/postgresql.log")) {
            OperatingUser.current().own(Files.writeString(server.dataDirectory().resolve(file), "old"));
        }
        for (int backup = 0; backup < BACKUPS; backup++) {
            TAKEN.add(source.backUp());
            server.sql("UPDATE a SET i = -i WHERE i % 100 = " + backup, "CREATE TABLE c" + backup + " (i int)");
        }
        source.archiveEverything();
    }

    @AfterAll
    static void stop() {
        source.close();
    }

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    private Path directory(String name) throws IOException {
        Path directory = Files.createDirectory(home.resolve(name));
        OperatingUser.current().own(directory);
        return directory;
    }

    private RestoreRequest request(String name, BaseBackup backup) {
        return RestoreRequest.of(home.resolve(name), new RecoveryTarget.Latest())
                .withBackup(backup.id().value())
                .withTablespaces(Map.of("fast", home.resolve(name + "-fast")));
    }

    private static PreparedRestore prepared(RestoreRequest request) throws IOException {
        return new RestorePreparation(List.of(Holding.of("local", source.archive(), source.backups())), Map.of())
                .prepare(request);
    }

    private static RestoreResult restore(PreparedRestore prepared, BackupCatalog from)
            throws IOException, InterruptedException {
        return restore(prepared, from, RestoreProgress.NONE);
    }

    private static RestoreResult restore(PreparedRestore prepared, BackupCatalog from, RestoreProgress progress)
            throws IOException, InterruptedException {
        Chosen plan = prepared.plan().orThrow();
        return new RestoreExecutor(BackupSources.of(from), Clock.systemUTC(), 2)
                .restore(
                        plan,
                        prepared.backup().orElseThrow(),
                        RecoverySettings.of(plan, "cp " + source.wal() + "/%f %p"),
                        progress);
    }

    private RestoreResult plain(String name, BaseBackup backup) throws IOException, InterruptedException {
        directory(name);
        directory(name + "-fast");
        return restore(prepared(request(name, backup)), source.backups());
    }

    private RestoreResult delta(String name, BaseBackup backup) throws IOException, InterruptedException {
        return restore(prepared(request(name, backup).over(DELTA)), source.backups());
    }

    private void assertRefused(RestoreRequest request, String message) throws IOException {
        SortedMap<String, String> before = tree(home);
        assertThat(prepared(request).plan().problems()).as(message).anySatisfy(each -> {
            assertThat(each.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED);
            assertThat(each.message()).contains(message);
        });
        assertThat(tree(home)).isEqualTo(before);
    }

    /** Every file with its rights and its digest, every link with where it leads. */
    private static SortedMap<String, String> tree(Path root) throws IOException {
        SortedMap<String, String> found = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                found.put(
                        root.relativize(file).toString(),
                        attributes.isSymbolicLink()
                                ? "-> " + Files.readSymbolicLink(file)
                                : Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS) + " "
                                        + Sha256.of(Files.readAllBytes(file)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                found.put(root.relativize(directory) + "/", "");
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    /**
     * Compares with a plain restore.
     *
     * @param foreign what else is there
     */
    private void assertAsPlain(Map<String, String> foreign, List<String> story) throws IOException {
        SortedMap<String, String> expected = tree(home.resolve("plain"));
        expected.replaceAll((path, what) -> what.replace("/plain-fast", "/there-fast"));
        SortedMap<String, String> found = tree(home.resolve("there"));
        foreign.forEach((path, what) ->
                assertThat(found.remove(path)).as("%s, %s", path, story).isEqualTo(what));
        // It has the place of the tablespace, and postgresql.auto.conf is the same.
        expected.remove("tablespace_map");
        found.remove("tablespace_map");
        assertThat(found).as("%s", story).isEqualTo(expected);
        assertThat(tree(home.resolve("there-fast"))).as("%s", story).isEqualTo(tree(home.resolve("plain-fast")));
    }

    @Test
    void whateverBecameOfTheClusterItIsThenAsAfterAPlainRestore() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(3, 200);
        for (int round = 0; round < rounds; round++) {
            BaseBackup backup = TAKEN.get(random.nextInt(BACKUPS));
            plain("plain", backup);
            plain("there", TAKEN.get(random.nextInt(BACKUPS)));
            Changed changed = new Changed(home.resolve("there"), home.resolve("there-fast"), random);
            changed.change();

            delta("there", backup);

            assertAsPlain(changed.foreign, changed.story);
            for (String segment : changed.unarchived) {
                assertThat(home.resolve("there.aside").resolve(segment)).exists();
            }
            for (String name : List.of("plain", "plain-fast", "there", "there-fast", "there.aside")) {
                TemporaryTree.delete(home.resolve(name));
            }
        }
    }

    /** A cluster in which a lot has happened since it was restored. */
    private static final class Changed {
        private final Path data;
        private final Path fast;
        private final Random random;
        private final SortedMap<String, String> foreign = new TreeMap<>();
        private final List<String> unarchived = new ArrayList<>();
        private final List<String> story = new ArrayList<>();

        Changed(Path data, Path fast, Random random) {
            this.data = data;
            this.fast = fast;
            this.random = random;
        }

        void change() throws IOException {
            List<Path> files;
            try (Stream<Path> all = Files.walk(data);
                    Stream<Path> more = Files.walk(fast)) {
                files = Stream.concat(all, more)
                        .filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
                        .filter(each -> !each.endsWith("pg_control"))
                        .sorted()
                        .toList();
            }
            for (int i = random.nextInt(20); i > 0; i--) {
                tear(files.get(random.nextInt(files.size())));
            }
            add("base/5/" + (50_000 + random.nextInt(1000)), random.nextInt(40_000));
            add("base/99999/1259", 8192);
            add("base/pgsql_tmp/pgsql_tmp123.0", 10);
            add("pg_xact/0ABC", 100);
            add("pg_replslot/standby1/state", 200);
            add("pg_twophase/000003E8", 10);
            add("pg_stat_tmp/global.stat", 10);
            Files.deleteIfExists(data.resolve("backup_label"));
            add("backup_label.old", 10);
            add("postmaster.opts", 10);
            add("standby.signal", 0);
            own(Files.createSymbolicLink(data.resolve("pg_tblspc/77777"), Path.of("/nonexistent")));
            foreign("server.key");
            foreign("conf.d/mine.conf");
            foreign("log/other.log");
            foreign("base/5/notes.txt");
            own(Files.createSymbolicLink(data.resolve("elsewhere"), Path.of("/nonexistent")));
            foreign.put("elsewhere", "-> /nonexistent");
            wal();
        }

        private void tear(Path file) throws IOException {
            if (!Files.exists(file)) {
                return;
            }
            long size = Files.size(file);
            switch (random.nextInt(4)) {
                case 0 -> {
                    story.add("deleted " + file);
                    Files.delete(file);
                }
                case 1 -> {
                    story.add("longer " + file);
                    write(file, size, 1 + random.nextInt(20_000));
                }
                case 2 -> {
                    story.add("shorter " + file);
                    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                        open.setLength(size / 2);
                    }
                }
                default -> {
                    story.add("torn " + file);
                    write(file, size / 3, (int) Math.min(8192, size / 2));
                }
            }
            if (Files.exists(file) && random.nextInt(4) == 0) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
            }
        }

        private void write(Path file, long at, int bytes) throws IOException {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            byte[] content = new byte[bytes];
            random.nextBytes(content);
            try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                open.seek(at);
                open.write(content);
            }
        }

        private Path add(String path, int bytes) throws IOException {
            Path file = data.resolve(path);
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                Path parent = data.resolve(path.substring(0, slash));
                if (!Files.exists(parent)) {
                    own(Files.createDirectory(parent));
                }
            }
            byte[] content = new byte[bytes];
            random.nextBytes(content);
            own(Files.write(file, content));
            return file;
        }

        private void foreign(String path) throws IOException {
            Path file = add(path, 1 + random.nextInt(100));
            for (Path parent = Path.of(path).getParent(); parent != null; parent = parent.getParent()) {
                if (!Set.of("base", "base/5", "log").contains(parent.toString())) {
                    foreign.put(parent + "/", "");
                }
            }
            foreign.put(path, Files.getPosixFilePermissions(file) + " " + Sha256.of(Files.readAllBytes(file)));
        }

        /** What is archived, what no repository has, and a file under a name that is yet to come. */
        private void wal() throws IOException {
            WalSegmentSize size = source.archive().identity().walSegmentSize();
            List<Path> archivedFiles;
            try (Stream<Path> files = Files.list(source.wal())) {
                archivedFiles = files.filter(
                                each -> each.getFileName().toString().matches("[0-9A-F]{24}"))
                        .sorted()
                        .toList();
            }
            Path archived = archivedFiles.get(random.nextInt(archivedFiles.size()));
            own(Files.copy(archived, data.resolve("pg_wal").resolve(archived.getFileName())));
            for (int i = random.nextInt(3); i > 0; i--) {
                Segment segment = Segment.of(new Timeline(1 + random.nextInt(2)), 500 + random.nextInt(100), size);
                unarchived.add(segment.name());
                own(Files.write(
                        data.resolve("pg_wal").resolve(segment.name()),
                        WalFixtures.segment(segment, source.archive().identity().system(), size, random.nextLong())));
            }
            own(Files.copy(
                    archived,
                    data.resolve("pg_wal")
                            .resolve(Segment.of(Timeline.FIRST, 900, size).name())));
            add("pg_wal/archive_status/" + archived.getFileName() + ".done", 0);
        }

        private static Path own(Path path) throws IOException {
            OperatingUser.current().own(path);
            return path;
        }
    }

    /** As a copy that was made file by file: its links lead to the directories of the original, which runs. */
    @Test
    void whatARunningClusterUsesIsNotTouched() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Path link = home.resolve("there/pg_tblspc").toFile().listFiles()[0].toPath();
        Path used = Files.readSymbolicLink(
                source.server().dataDirectory().resolve("pg_tblspc").resolve(link.getFileName()));
        Files.delete(link);
        Files.createSymbolicLink(link, used);
        RestoreRequest request = RestoreRequest.of(home.resolve("there"), new RecoveryTarget.Latest())
                .over(DELTA);

        assertRefused(request, "belongs to the cluster in '" + source.server().dataDirectory() + "' as well");

        assertThat(source.server().query("SELECT count(*) FROM b")).isEqualTo("5000");
    }

    /** Where no server runs, the cluster of the configuration is known. */
    @Test
    void whatTheConfiguredClusterUsesIsNotTouched() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        plain("original", backup);
        Files.delete(home.resolve("there/pg_wal/archive_status"));
        TemporaryTree.delete(home.resolve("there/pg_wal"));
        Files.createSymbolicLink(home.resolve("there/pg_wal"), home.resolve("original/pg_wal"));

        assertThat(new RestorePreparation(
                                List.of(Holding.of("local", source.archive(), source.backups())),
                                Map.of(),
                                Optional.of(home.resolve("original")),
                                SearchProgress.NONE)
                        .prepare(request("there", backup).over(DELTA))
                        .plan()
                        .problems())
                .anySatisfy(each -> assertThat(each.message()).contains("/there/pg_wal' belongs to the cluster in"));
    }

    @Test
    void thePlaceOfATablespaceMayBeALink() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Files.move(home.resolve("there-fast"), home.resolve("real"));
        Files.createSymbolicLink(home.resolve("there-fast"), home.resolve("real"));
        Path version = home.resolve("real").toFile().listFiles()[0].toPath();
        Path later = Files.createFile(version.resolve("5/99999"));
        OperatingUser.current().own(later);

        delta("there", backup);

        assertThat(later).doesNotExist();
        assertThat(home.resolve("there-fast")).isSymbolicLink();
    }

    @Test
    void aClusterIsMovedAsideWithItsTablespacesAndCanBeTakenBack() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("plain", backup);
        plain("there", TAKEN.getFirst());
        Segment segment =
                Segment.of(Timeline.FIRST, 500, source.archive().identity().walSegmentSize());
        own(Files.write(
                home.resolve("there/pg_wal").resolve(segment.name()),
                WalFixtures.segment(
                        segment,
                        source.archive().identity().system(),
                        source.archive().identity().walSegmentSize(),
                        1)));
        own(Files.writeString(home.resolve("there/postmaster.pid"), "4194305\n"));
        SortedMap<String, String> data = tree(home.resolve("there"));
        SortedMap<String, String> fast = tree(home.resolve("there-fast"));
        assertRefused(request("there", backup).over(new MoveAside(false)), "its process is not seen here");
        PreparedRestore prepared = prepared(request("there", backup).over(new MoveAside(true)));
        Chosen plan = prepared.plan().orThrow();

        assertThat(plan.findings())
                .anySatisfy(each -> assertThat(each.message())
                        .contains("goes to '" + home.resolve("there.aside/pg_wal") + "'")
                        .contains(segment.name()));
        restore(prepared, source.backups());

        assertThat(tree(home.resolve("there.aside"))).isEqualTo(data);
        assertThat(tree(home.resolve("there-fast.aside"))).isEqualTo(fast);
        assertAsPlain(Map.of(), List.of());
        assertThat(FileOwner.of(home.resolve("there"))).isEqualTo(FileOwner.of(home.resolve("there.aside")));

        for (String command : prepared.steps(plan).getLast().commands()) {
            if (command.startsWith("mv ")) {
                Shell.run(List.of("sh", "-c", command));
            }
        }

        assertThat(tree(home.resolve("there"))).isEqualTo(data);
        assertThat(tree(home.resolve("there-fast"))).isEqualTo(fast);
        assertThat(home.resolve("there.restored")).exists();
    }

    @Test
    void aRestoreThatWasCutOffIsCompletedAndNotMovedAside() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("plain", backup);
        plain("there", TAKEN.getFirst());
        RestoreRequest request = request("there", backup).over(new MoveAside(false));
        // As if killed between two renames.
        Files.move(home.resolve("there-fast"), home.resolve("there-fast.aside"));
        assertThatThrownBy(() -> restore(prepared(request), source.backups(), bytes -> {
                    throw new IllegalStateException("killed");
                }))
                .hasMessageContaining("killed");
        assertThat(home.resolve("there.aside")).exists();

        restore(prepared(request), source.backups());

        assertThat(home.resolve("there.aside-2")).doesNotExist();
        assertAsPlain(Map.of(), List.of());
    }

    @Test
    void theWalDirectoryMayBeElsewhereAlsoAfterARestoreThatWasCutOff() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("plain", backup);
        directory("there");
        directory("there-fast");
        Path wal = directory("disk").resolve("wal");
        RestoreRequest request = request("there", backup).withWalIn(wal).over(DELTA);
        assertThatThrownBy(() -> restore(prepared(request), source.backups(), bytes -> {
                    throw new IllegalStateException("killed");
                }))
                .hasMessageContaining("killed");

        PreparedRestore prepared = prepared(request);
        assertThat(prepared.text()).contains("pg_wal is a link to '" + wal + "'");
        restore(prepared, source.backups());

        assertThat(home.resolve("there/pg_wal").toRealPath()).isEqualTo(wal.toRealPath());
        assertThat(tree(wal).keySet())
                .isEqualTo(tree(home.resolve("plain/pg_wal")).keySet());
        assertThat(FileOwner.of(wal)).isEqualTo(FileOwner.of(home.resolve("there")));
        Files.delete(home.resolve("there/pg_wal"));
        TemporaryTree.copy(wal, home.resolve("there/pg_wal"));
        assertAsPlain(Map.of(), List.of());
        assertRefused(request, "and a restore over a cluster does not move it");
    }

    @Test
    void aWalDirectoryThatIsInUseIsNotTouched() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("plain", backup);
        Path wal = home.resolve("plain/pg_wal");
        own(Files.createFile(wal.resolve("000000010000000000000001")));

        assertRefused(
                request("there", backup).withWalIn(wal).over(new MoveAside(true)), "pg_wal '" + wal + "' is not empty");
        assertRefused(
                request("there", backup).withWalIn(home.resolve("there/pg_wal")), "pg_wal and data directory would");
    }

    /** Of another version, as after pg_upgrade. */
    @Test
    void aTablespaceThatAnotherClusterMayUseIsNotMovedAside() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Files.createDirectory(home.resolve("there-fast/PG_99_209901011"));

        assertRefused(
                request("there", backup).over(new MoveAside(false)),
                "is in use, and not by the cluster in the data directory alone");
    }

    /** The replay of CREATE TABLESPACE would go on with the rows of a later table. */
    @Test
    void ofATablespaceThatTheBackupLacksNothingOfThisVersionStays() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Path place = directory("later");
        String version = home.resolve("there-fast").toFile().listFiles()[0].getName();
        Path later = own(Files.createDirectories(place.resolve(version + "/5")).resolve("77777"));
        Path old =
                own(Files.createDirectories(place.resolve("PG_12_201909212/5")).resolve("77777"));
        Files.createSymbolicLink(home.resolve("there/pg_tblspc/55555"), place);
        Path inPlace = own(Files.createDirectories(home.resolve("there/pg_tblspc/66666/" + version + "/5"))
                .resolve("77777"));

        delta("there", backup);

        assertThat(later).doesNotExist();
        assertThat(place.resolve(version)).doesNotExist();
        assertThat(old).exists();
        assertThat(home.resolve("there/pg_tblspc/55555")).doesNotExist();
        assertThat(inPlace).doesNotExist();
        assertThat(home.resolve("there/pg_tblspc/66666")).doesNotExist();
    }

    private Path own(Path file) throws IOException {
        Files.writeString(file, "rows");
        for (Path each = file; each != null && !each.equals(home); each = each.getParent()) {
            OperatingUser.current().own(each);
        }
        return file;
    }

    /** They were in the data directory when it was backed up. */
    @Test
    void logsAndCertificatesThatDifferAreCopiedAside() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Files.writeString(home.resolve("there/server.crt"), "new");
        Files.writeString(home.resolve("there/log/postgresql.log"), "the accident");

        PreparedRestore prepared = prepared(request("there", backup).over(DELTA));
        restore(prepared, source.backups());

        assertThat(prepared.text()).contains("there.aside' before those of the backup are written: log/postgresql.log");
        assertThat(home.resolve("there.aside/log/postgresql.log")).hasContent("the accident");
        assertThat(home.resolve("there.aside/server.crt")).hasContent("new");
        assertThat(home.resolve("there/server.crt")).hasContent("old");
    }

    @Test
    void walOfWhichNobodyKnowsWhatItHoldsGoesAside() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        WalSegmentSize size = source.archive().identity().walSegmentSize();
        Path wal = home.resolve("there/pg_wal");
        byte[] torn = WalFixtures.segment(
                Segment.of(Timeline.FIRST, 700, size),
                source.archive().identity().system(),
                size,
                1);
        Arrays.fill(torn, 0, 512, (byte) 0);
        String first = Segment.of(Timeline.FIRST, 700, size).name();
        String odd = Segment.of(Timeline.FIRST, 701, size).name();
        String zero = Segment.of(Timeline.FIRST, 702, size).name();
        OperatingUser.current().own(Files.write(wal.resolve(first), torn));
        OperatingUser.current().own(Files.write(wal.resolve(odd), new byte[] {1, 2, 3}));
        OperatingUser.current().own(Files.write(wal.resolve(zero), new byte[size.bytes()]));
        Path saved = Files.writeString(wal.resolve(first + ".save"), "an operator's");
        OperatingUser.current().own(saved);

        delta("there", backup);

        assertThat(home.resolve("there.aside").resolve(first)).hasBinaryContent(torn);
        assertThat(home.resolve("there.aside").resolve(odd)).exists();
        assertThat(home.resolve("there.aside").resolve(zero)).doesNotExist();
        assertThat(wal.resolve(zero)).doesNotExist();
        assertThat(saved).exists();
    }

    /** A supervisor may start it at any time until pg_control is gone. */
    @Test
    void aServerThatWasStartedSinceThePlanIsNotDisturbed() throws Exception {
        plain("there", TAKEN.getLast());
        try (PostgresServer server = PostgresServer.of(source.server().binaries())
                .from(home.resolve("there"))
                .start()) {
            server.awaitRecoveryEnd(Duration.ofSeconds(60));
            server.stopFast();
            PreparedRestore prepared = prepared(RestoreRequest.of(server.dataDirectory(), new RecoveryTarget.Latest())
                    .withBackup(TAKEN.getLast().id().value())
                    .over(DELTA));
            assertThat(prepared.plan().orThrow().directories().getLast().path())
                    .as("the tablespace stays where the cluster has it")
                    .isEqualTo(home.resolve("there-fast"));
            server.restart();

            assertThatThrownBy(() -> restore(prepared, source.backups()))
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED))
                    .hasMessageContaining("a server runs in");

            assertThat(server.query("SELECT count(*) FROM a")).isEqualTo("20000");
            assertThat(server.dataDirectory().resolve(RestoreMarker.NAME)).doesNotExist();
        }
    }

    @Test
    void ofAnUnchangedClusterNothingElseIsWritten() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);

        RestoreResult result = delta("there", backup);

        assertThat(result.bytesWritten())
                .as("pg_control, and what recover itself wrote")
                .isLessThan(20_000);
    }

    /** Cut off at any read, it cannot be started, and the same command completes it. */
    @Test
    void aCutOffDeltaIsCompleted() throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(3, 50); round++) {
            plain("there", TAKEN.getFirst());
            BaseBackup backup = TAKEN.getLast();
            PreparedRestore prepared = prepared(request("there", backup).over(DELTA));
            int reads = 3 + random.nextInt(6);
            try {
                restore(
                        prepared,
                        new BackupCatalog(
                                new CutOffStore(source.archive().repository().store(), reads),
                                PrivateKeys.NONE,
                                ArchivingServer.CLUSTER,
                                source.archive().identity().system()));
            } catch (IOException | UserFacingException e) {
                if (Files.exists(home.resolve("there").resolve(RestoreMarker.NAME))) {
                    assertThat(home.resolve("there/global/pg_control")).doesNotExist();
                    assertRefused(request("there", backup), "over a cluster, which was interrupted");
                }
            }

            delta("there", backup);

            plain("plain", backup);
            assertAsPlain(Map.of(), List.of());
            for (String name : List.of("plain", "plain-fast", "there", "there-fast", "there.aside", "there.aside-2")) {
                TemporaryTree.delete(home.resolve(name));
            }
        }
    }

    @Test
    void pgWalMayBeALink() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Path elsewhere = home.resolve("wal");
        Files.move(home.resolve("there/pg_wal"), elsewhere);
        Files.createSymbolicLink(home.resolve("there/pg_wal"), elsewhere);
        Segment segment =
                Segment.of(Timeline.FIRST, 500, source.archive().identity().walSegmentSize());
        Path newest = Files.write(
                elsewhere.resolve(segment.name()),
                WalFixtures.segment(
                        segment,
                        source.archive().identity().system(),
                        source.archive().identity().walSegmentSize(),
                        1));

        delta("there", backup);

        assertThat(home.resolve("there/pg_wal")).isSymbolicLink();
        assertThat(newest).doesNotExist();
        assertThat(home.resolve("there.aside").resolve(segment.name())).exists();
        assertThat(elsewhere.resolve("archive_status")).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PG_VERSION", "base/5/pg_filenode.map", "global"})
    void aLinkInThePlaceOfAFileIsRefused(String path) throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        Path place = home.resolve("there").resolve(path);
        if (path.equals("global")) {
            // Below it everything looks as it should.
            Files.move(place, home.resolve("moved"));
            Files.createSymbolicLink(place, home.resolve("moved"));
        } else {
            Files.delete(place);
            Files.createSymbolicLink(place, home.resolve("nowhere"));
        }

        assertRefused(request("there", backup).over(DELTA), "is not what it is in the backup");
    }

    @Test
    void onlyAClusterOfTheSameSystemIsGoneOver() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        directory("there-fast");
        Files.createDirectory(home.resolve("there"));
        Files.writeString(home.resolve("there/PG_VERSION"), "18\n");
        assertRefused(request("there", backup).over(DELTA), "nothing proves which cluster it holds");

        TemporaryTree.delete(home.resolve("there"));
        try (PostgresServer other =
                PostgresServer.of(source.server().binaries()).create()) {
            assertRefused(
                    RestoreRequest.of(other.dataDirectory(), new RecoveryTarget.Latest())
                            .withTablespaces(Map.of("fast", home.resolve("there-fast")))
                            .over(DELTA),
                    "and the backup is of system");
        }
        assertThat(prepared(RestoreRequest.of(source.server().dataDirectory(), new RecoveryTarget.Latest())
                                .over(new Delta(true)))
                        .plan()
                        .problems())
                .as("a server runs there, whatever the operator says")
                .anySatisfy(each -> assertThat(each.message()).contains("a server runs in data directory"));
    }

    /** A copy beside the original: the backup names the original's tablespace, and the copy has its own. */
    @Test
    void theTablespaceOfAnotherClusterIsNotTouched() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);
        RestoreRequest over = RestoreRequest.of(home.resolve("there"), new RecoveryTarget.Latest())
                .over(DELTA);
        Path originals = Path.of(
                source.server().query("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'fast'"));

        assertThat(prepared(over).plan().problems()).isEmpty();
        assertThat(prepared(over.withTablespaces(Map.of("fast", originals)))
                        .plan()
                        .problems())
                .anySatisfy(each ->
                        assertThat(each.message()).contains("is in use, and not by the cluster in the data directory"));
    }

    @Test
    void withoutDeltaAClusterIsNotTouched() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        plain("there", backup);

        assertRefused(request("there", backup), "belongs to a cluster");
        assertThatThrownBy(() -> restore(prepared(request("there", backup)), source.backups()))
                .isInstanceOf(UserFacingException.class);
    }

    @Test
    void anEmptyDirectoryIsFilled() throws Exception {
        BaseBackup backup = TAKEN.getLast();
        directory("there");
        directory("there-fast");

        assertThat(prepared(request("there", backup).over(DELTA)).plan()).isInstanceOfSatisfying(Chosen.class, plan -> {
            assertThat(plan.start()).isEqualTo(new StartFrom.Empty());
            assertThat(plan.changes()).isEqualTo(Optional.empty());
        });
        assertThat(Set.of(delta("there", backup).bytesKept())).containsExactly(0L);
    }
}
