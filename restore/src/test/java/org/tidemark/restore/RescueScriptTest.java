// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.Placement;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.ManifestVerification;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.TemporaryTree;

/** {@code docs/restore/rescue.sh}, with nothing of Tidemark in its way. */
@InTurn
class RescueScriptTest {
    private static final Path SCRIPT =
            Path.of(System.getProperty("tidemark.root", "."), "docs", "restore", "rescue.sh");

    @TempDir
    private Path work;

    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-rescue-");
    private Path identity = Path.of("");

    @BeforeAll
    static void requirePrograms() {
        for (String program : List.of("zstd", "jq", "dd", "tail", "xargs", "sha256sum")) {
            RequiredServer.program(program, "apt-get install zstd jq coreutils findutils");
        }
    }

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    @Test
    void aBackupAndItsWalAreRestoredByTheScriptAlone() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(17);
        try (ArchivingServer source =
                new ArchivingServer(PostgresServer.of(binaries).initdb("--wal-segsize=1"), work)) {
            PostgresServer server = source.server();
            server.sql(
                    "CREATE TABLESPACE fast LOCATION '" + server.newDirectory("fast") + "'",
                    "CREATE TABLE there TABLESPACE fast AS SELECT i FROM generate_series(1, 1000) i",
                    "CREATE TABLE kept AS SELECT i, md5(i::text) FROM generate_series(1, 5000) i");
            BaseBackup backup = source.backUp();
            server.sql("INSERT INTO kept SELECT 0, 'after the backup'");
            SortedMap<String, String> rows = server.tableHashes();
            source.archiveEverything();
            Path repository = copy(source, "repository's copy");
            replaceLastSegment(repository, backup);

            assertThat(rescue(repository, backup, "restored")).isEqualTo(new Rescue(0, "done"));

            Path restored = home.resolve("restored");
            assertThat(ManifestVerification.verify(restored, 10).problems())
                    .extracting(ManifestVerification.Problem::path)
                    .containsExactly("tablespace_map");
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(restored).start()) {
                copy.awaitRecoveryEnd(Duration.ofSeconds(60));
                assertThat(copy.tableHashes()).isEqualTo(rows);
            }
        }
    }

    @Test
    void anEarlierTimeIsRestoredByTheScript() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(13);
        try (ArchivingServer source =
                new ArchivingServer(PostgresServer.of(binaries).initdb("--wal-segsize=1"), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE kept AS SELECT i FROM generate_series(1, 1000) i");
            BaseBackup backup = source.backUp();
            SortedMap<String, String> rows = server.tableHashes();
            String before = server.query("SELECT clock_timestamp()");
            server.sql("DROP TABLE kept");
            source.archiveEverything();
            Path repository = copy(source, "repository");

            assertThat(rescue(repository, backup, "wrong", "TARGET_TIME=now' or"))
                    .isNotEqualTo(new Rescue(0, "done"));
            assertThat(rescue(repository, backup, "restored", "TARGET_TIME=" + before))
                    .isEqualTo(new Rescue(0, "done"));
            Files.writeString(
                    home.resolve("restored/postgresql.auto.conf"),
                    "recovery_target_action = 'promote'\n",
                    StandardOpenOption.APPEND);
            assertThat(rowsOf(binaries, "restored")).isEqualTo(rows);
        }
    }

    /**
     * Pages of some tables come from later backups than the others; one has become shorter. So many files do not change
     * that a part of the manifest does not.
     */
    @Test
    void anIncrementalBackupIsRestoredByTheScript() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(18);
        try (ArchivingServer source =
                new ArchivingServer(PostgresServer.of(binaries).initdb("--wal-segsize=1"), work)) {
            PostgresServer server = source.server();
            server.sql(
                    "CREATE TABLE kept AS SELECT i AS n, repeat(md5(i::text), 4) AS t FROM generate_series(1, 20000) i",
                    "CREATE TABLE shorter AS SELECT * FROM kept");
            Path many = Files.createDirectory(server.dataDirectory().resolve("a"));
            for (int file = 0; file < 30_000; file++) {
                Files.createFile(many.resolve("n".repeat(85) + file));
            }
            source.backUp();
            for (int day = 1; day < 4; day++) {
                server.sql("UPDATE kept SET t = md5(t) WHERE n % 5000 = " + day);
                server.sql("DELETE FROM shorter WHERE n > " + (20_000 - 700 * day), "VACUUM shorter");
                source.backUp(BaseBackup.Type.INCREMENTAL);
            }
            BaseBackup backup = source.backUp(BaseBackup.Type.INCREMENTAL);
            SortedMap<String, String> rows = server.tableHashes();
            source.archiveEverything();
            Path repository = copy(source, "repository");

            assertThat(backup.objects().manifestParts())
                    .anyMatch(part -> part.shared().isPresent());
            List<Piece> pieces = pieces(source, backup);
            assertThat(pieces).anyMatch(each -> each.placement() instanceof Placement.Pages);
            assertThat(pieces).anyMatch(each -> each.except().isPresent());
            assertThat(rescue(repository, backup, "restored")).isEqualTo(new Rescue(0, "done"));
            assertThat(ManifestVerification.verify(home.resolve("restored"), 10).problems())
                    .isEmpty();
            assertThat(rowsOf(binaries, "restored")).isEqualTo(rows);
        }
    }

    private static List<Piece> pieces(ArchivingServer source, BaseBackup backup) throws IOException {
        List<Piece> pieces = new ArrayList<>();
        ManifestReader manifest = source.backups().manifest(backup);
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            if (next.get() instanceof ManifestEntry.FileEntry file) {
                pieces.addAll(file.pieces());
            }
        }
        return pieces;
    }

    /** The old primary goes on archiving after the switch; nothing of that may come back. */
    @Test
    void afterAFailoverTheNewTimelineIsRestoredAndNothingOfTheAbandonedOne() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(16);
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("wal_keep_size", "64MB"), work)) {
            PostgresServer old = source.server();
            old.sql("CREATE TABLE kept AS SELECT 'before' AS batch");
            Path base = old.takeBaseBackup(old.newDirectory("copies").resolve("base"))
                    .dataDirectory();
            BaseBackup backup = source.backUp();
            try (PostgresServer promoted = PostgresServer.of(binaries)
                    .from(base)
                    .setting("archive_mode", "on")
                    .setting("archive_command", "cp %p " + source.wal() + "/%f")
                    .standbyOf(old)
                    .start()) {
                old.sql("INSERT INTO kept VALUES ('both')");
                PostgresWait.until(
                        "the standby has it",
                        PostgresWait.DEFAULT_LIMIT,
                        promoted,
                        () -> promoted.query("SELECT count(*) FROM kept").equals("2"));
                SortedMap<String, String> atTheSwitch = promoted.tableHashes();
                promoted.promote();
                promoted.sql("INSERT INTO kept VALUES ('new')");
                promoted.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT);
                SortedMap<String, String> rows = promoted.tableHashes();
                for (int i = 0; i < 3; i++) {
                    old.sql("INSERT INTO kept VALUES ('old')");
                    source.archiveEverything();
                }
                Path repository = copy(source, "repository");

                assertThat(rowsAfterRescue(binaries, repository, backup, "restored"))
                        .isEqualTo(rows);
                Path segments =
                        repository.resolve("main/" + backup.origin().system() + "/wal/" + new Timeline(2).toHex());
                assertThat(segments).isDirectory();
                Shell.run(List.of("rm", "-r", segments.toString()));
                assertThat(rowsAfterRescue(binaries, repository, backup, "to the switch"))
                        .isEqualTo(atTheSwitch);
            }
        }
    }

    /** As after a wal-resolve: another server had stored it first. A part of the manifest was damaged, and repaired. */
    private static void replaceLastSegment(Path repository, BaseBackup backup) throws IOException {
        Path incarnation = repository.resolve("main/" + backup.origin().system());
        String name = backup.wal().last(backup.origin().walSegmentSize()).name();
        String rest = "wal/" + name.substring(0, 8) + "/" + name.substring(8, 16) + "/" + name;
        Path copy = incarnation.resolve("repaired/00000002/" + rest);
        Path rejection = incarnation.resolve("repaired/00000001/" + rest + ".rejected.json");
        Files.createDirectories(Objects.requireNonNull(copy.getParent()));
        Files.createDirectories(Objects.requireNonNull(rejection.getParent()));
        Files.move(incarnation.resolve(rest), copy);
        Files.writeString(rejection, "{}");
        Files.writeString(incarnation.resolve(rest), "of another server");
        String manifest = "backup/" + backup.id() + "/manifest/00000001";
        Path repaired = incarnation.resolve("repaired/00000001/" + manifest);
        Files.createDirectories(Objects.requireNonNull(repaired.getParent()));
        Files.move(incarnation.resolve(manifest), repaired);
        Files.writeString(incarnation.resolve(manifest), "damaged");
        OperatingUser.current().own(repository);
    }

    private SortedMap<String, String> rowsAfterRescue(
            PostgresBinaries binaries, Path repository, BaseBackup backup, String name) throws IOException {
        assertThat(rescue(repository, backup, name)).isEqualTo(new Rescue(0, "done"));
        return rowsOf(binaries, name);
    }

    private SortedMap<String, String> rowsOf(PostgresBinaries binaries, String name) throws IOException {
        try (PostgresServer copy =
                PostgresServer.of(binaries).from(home.resolve(name)).start()) {
            copy.awaitRecoveryEnd(Duration.ofSeconds(60));
            return copy.tableHashes();
        }
    }

    @Test
    void anEncryptedRepositoryIsRestoredByTheScriptAndAge() throws Exception {
        RequiredServer.program("age", "apt-get install age");
        PostgresBinaries binaries = PostgresBinaries.embedded(17);
        AgeIdentity owner = AgeIdentity.generate(new SecureRandom());
        // A host with the public key alone makes all of it.
        Encoding encoding =
                new Encoding(Codec.parse("zstd:1"), Optional.of(new Recipients(List.of(owner.recipient()))));
        try (ArchivingServer source =
                new ArchivingServer(PostgresServer.of(binaries).initdb("--wal-segsize=1"), work, encoding)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE kept AS SELECT i, md5(i::text) FROM generate_series(1, 5000) i");
            BaseBackup backup = source.backUp();
            server.sql("INSERT INTO kept SELECT 0, 'after the backup'");
            SortedMap<String, String> rows = server.tableHashes();
            source.archiveEverything();
            Path repository = copy(source, "repository");

            assertThat(rescue(repository, backup, "without a key").status()).isNotZero();
            assertThat(home.resolve("without a key/global/pg_control")).doesNotExist();
            identity = Files.write(home.resolve("age.key"), owner.encode());
            OperatingUser.current().own(identity);
            assertThat(rescue(repository, backup, "restored")).isEqualTo(new Rescue(0, "done"));

            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(home.resolve("restored")).start()) {
                copy.awaitRecoveryEnd(Duration.ofSeconds(60));
                assertThat(copy.tableHashes()).isEqualTo(rows);
            }
        }
    }

    @Test
    void aFlippedBitStopsTheScriptAndNothingCanBeStarted() throws Exception {
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(PostgresBinaries.embedded(13)).initdb("--wal-segsize=1"), work)) {
            BaseBackup backup = source.backUp();
            Path repository = copy(source, "repository");
            List<Path> objects;
            Path incarnation =
                    repository.resolve("main").resolve(backup.origin().system().toString());
            try (Stream<Path> files = Files.walk(incarnation)) {
                objects = files.filter(Files::isRegularFile)
                        .filter(file -> !file.toString().endsWith("cluster.json")
                                && !file.toString().endsWith("intent.json")
                                && !file.toString().endsWith(".backup"))
                        .toList();
            }
            int number = 0;
            for (Path object : List.of(
                    find(objects, "backup.json"),
                    find(objects, "/bundles"),
                    find(objects, "/bundle/00000001"),
                    find(objects, "/manifest/00000001"),
                    find(objects, "/backup_manifest/00000001"),
                    find(objects, backup.walLast().name()))) {
                byte[] good = Files.readAllBytes(object);
                byte[] bad = good.clone();
                bad[bad.length - 10] ^= 1; // after the header, whose padding tells the script nothing
                Files.write(object, bad);

                number++;
                assertThat(rescue(repository, backup, "restored-" + number).status())
                        .as(object.toString())
                        .isNotZero();
                assertThat(home.resolve("restored-" + number + "/global/pg_control"))
                        .doesNotExist();
                Files.write(object, good);
            }
        }
    }

    @Test
    void theBackupsAreListedWithTheCommandForTheNewestOne() throws Exception {
        AgeIdentity owner = AgeIdentity.generate(new SecureRandom());
        Encoding encoding =
                new Encoding(Codec.parse("zstd:1"), Optional.of(new Recipients(List.of(owner.recipient()))));
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(PostgresBinaries.embedded(17)).initdb("--wal-segsize=1"), work, encoding)) {
            BaseBackup first = source.backUp();
            BaseBackup newest = source.backUp();
            Path repository = copy(source, "it's the repository");
            Path damaged = repository.resolve(first.keys().backup().value());
            Files.writeString(damaged, "{}", StandardOpenOption.APPEND);

            String listed = run(List.of(), repository.toString()).output();

            String fingerprint = owner.recipient().fingerprint();
            assertThat(listed.lines())
                    .containsExactly(
                            "cluster main, system " + newest.origin().system(),
                            "  " + first.id() + "  is damaged here: look for another copy of " + damaged,
                            "  " + newest.id() + "  full, ended " + newest.run().ended() + ", PostgreSQL 17, "
                                    + Math.ceilDiv(newest.contents().dataSizeBytes(), 1 << 20)
                                    + " MiB of data, needs the private key of " + fingerprint,
                            "  to restore the last one: IDENTITY=FILE sh '" + home.resolve("rescue.sh") + "' '"
                                    + repository.toString().replace("'", "'\\''") + "' 'main' "
                                    + newest.origin().system() + " " + newest.id() + " TARGET WAL");
        }
    }

    private static Path find(List<Path> objects, String end) {
        return objects.stream()
                .filter(object -> object.toString().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    private Path copy(ArchivingServer source, String name) throws IOException {
        Path repository = Files.createDirectory(home.resolve(name));
        source.copyRepository(repository);
        OperatingUser.current().own(repository);
        return repository;
    }

    /** @param lastWord the first word of the last line */
    private record Rescue(int status, String lastWord) {}

    private Rescue rescue(Path repository, BaseBackup backup, String name) throws IOException {
        return rescue(repository, backup, name, "TARGET_TIME=");
    }

    private Rescue rescue(Path repository, BaseBackup backup, String name, String variable) throws IOException {
        Shell.Result result = run(
                List.of("TABLESPACES=" + home.resolve(name + "-tablespaces"), "IDENTITY=" + identity, variable),
                repository.toString(),
                "main",
                backup.origin().system().toString(),
                backup.id().value(),
                home.resolve(name).toString(),
                home.resolve(name + "-wal").toString());
        String output = result.output().strip();
        return new Rescue(
                result.status(), output.lines().reduce((a, b) -> b).orElse("").replaceAll("\\W.*", ""));
    }

    private Shell.Result run(List<String> variables, String... arguments) throws IOException {
        Path script = home.resolve("rescue.sh");
        Files.write(script, Files.readAllBytes(SCRIPT));
        OperatingUser.current().own(script);
        List<String> command = new ArrayList<>(List.of("env"));
        command.addAll(variables);
        command.addAll(List.of("sh", script.toString()));
        command.addAll(List.of(arguments));
        Shell.Result result = Shell.execute(OperatingUser.current().command(command));
        System.getLogger(getClass().getName())
                .log(System.Logger.Level.INFO, Map.of("rescue", result.output().strip()));
        return result;
    }
}
