// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.ExitCode;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.OwnedPlace.Kind;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UserFacingException;
import org.tidemark.image.BackupSources;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.RestoreRequest.Delta;
import org.tidemark.restore.request.RestoreRequest.MoveAside;
import org.tidemark.restore.wal.Holding;
import org.tidemark.restore.wal.ReplayedWal;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.testkit.Commands;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.SmallDisk;
import org.tidemark.testkit.TemporaryTree;

/** What a plan knows of its directories before anything is written or renamed. One server for all tests. */
class MoveAsideTest {
    private static final MoveAside ASIDE = new MoveAside(false);

    @TempDir
    private static Path work;

    private static ArchivingServer source;
    private static BaseBackup backup;

    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-aside-");
    private final Path there = home.resolve("there");
    private final Path fast = home.resolve("there-fast");

    @BeforeAll
    static void backUp() throws IOException {
        source = new ArchivingServer(
                PostgresServer.of(PostgresBinaries.oldestAndNewest().getLast()).initdb("--wal-segsize=1"), work);
        source.server()
                .sql(
                        "CREATE TABLESPACE fast LOCATION '" + source.server().newDirectory("fast") + "'",
                        "CREATE TABLE a TABLESPACE fast AS SELECT generate_series(1, 5000) i");
        backup = source.backUp();
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

    private Path directory(Path directory) throws IOException {
        Files.createDirectory(directory);
        OperatingUser.current().own(directory);
        return directory;
    }

    private RestoreRequest request() {
        return RestoreRequest.of(there, new RecoveryTarget.Latest())
                .withBackup(backup.id().value())
                .withTablespaces(Map.of("fast", fast));
    }

    private static PreparedRestore prepared(RestoreRequest request, OwnedPlace... places) throws IOException {
        return new RestorePreparation(
                        List.of(Holding.of("local", source.archive(), source.backups())),
                        Map.of(),
                        Optional.empty(),
                        new KnownHost(List.of(places), Set.of()),
                        RestorePreparation.Names.NONE,
                        SearchProgress.NONE,
                        ReplayedWal.LIMIT)
                .prepare(request);
    }

    private static void restore(PreparedRestore prepared) throws IOException, InterruptedException {
        restore(prepared, RestoreProgress.NONE);
    }

    private static void restore(PreparedRestore prepared, RestoreProgress progress)
            throws IOException, InterruptedException {
        Chosen plan = prepared.plan().orThrow();
        new RestoreExecutor(BackupSources.of(source.backups()), Clock.systemUTC(), 2)
                .restore(
                        plan,
                        prepared.backup().orElseThrow(),
                        RecoverySettings.of(plan, "cp " + source.wal() + "/%f %p"),
                        progress);
    }

    private void restored() throws IOException, InterruptedException {
        directory(there);
        directory(fast);
        restore(prepared(request()));
    }

    /** A plan with this problem, which leaves everything as it was. */
    private void mustBeRefused(RestoreRequest request, String... parts) throws IOException {
        mustBeRefused(request, List.of(), parts);
    }

    private void mustBeRefused(RestoreRequest request, List<OwnedPlace> places, String... parts) throws IOException {
        List<String> before = names();
        assertThat(prepared(request, places.toArray(OwnedPlace[]::new)).plan().problems())
                .anySatisfy(each -> {
                    assertThat(each.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED);
                    assertThat(each.message()).contains(parts);
                });
        assertThat(names()).isEqualTo(before);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    @Test
    void aMountPointIsAProblemOfThePlan() throws Exception {
        try (SmallDisk _ = SmallDisk.mount(fast, "size=300m")) {
            directory(there);
            restore(prepared(request()));

            mustBeRefused(request().over(ASIDE), "tablespace 'fast'", "cannot be renamed: a file system is mounted");
        }
        Files.delete(fast);
        TemporaryTree.delete(there);
        restored();
        try (SmallDisk _ = SmallDisk.mount(there.resolve("pg_wal"), "size=1m")) {
            mustBeRefused(request().over(ASIDE), "a file system is mounted in it, at '" + there + "/pg_wal'");
        }
    }

    /** Of the same file system, so that the number of the device shows nothing. */
    @Test
    void aBindMountIsAProblemOfThePlan() throws Exception {
        restored();
        assumeTrue(
                Commands.status(List.of("mount", "--bind", there.toString(), there.toString())) == 0,
                "no bind mount can be made here (it takes root)");
        try {
            mustBeRefused(request().over(ASIDE), "data directory", "a file system is mounted there");
        } finally {
            Commands.status(List.of("umount", "--lazy", there.toString()));
        }
    }

    @Test
    void anImmutableDirectoryIsAProblemOfThePlan() throws Exception {
        restored();
        for (Path each : List.of(there, home)) {
            assumeTrue(
                    Commands.status(List.of("chattr", "+i", each.toString())) == 0,
                    "no file can be made immutable here (it takes root, and ext4 or such)");
            try {
                mustBeRefused(request().over(ASIDE), "cannot be renamed: this user may not write '" + each + "'");
            } finally {
                Commands.status(List.of("chattr", "-i", each.toString()));
            }
        }
    }

    @Test
    void anImmutableFileIsAProblemOfADelta() throws Exception {
        restored();
        Path file = there.resolve("PG_VERSION");
        assumeTrue(
                Commands.status(List.of("chattr", "+i", file.toString())) == 0,
                "no file can be made immutable here (it takes root, and ext4 or such)");
        try {
            mustBeRefused(request().over(new Delta(false)), "this user may not write", file.toString());
        } finally {
            Commands.status(List.of("chattr", "-i", file.toString()));
        }
    }

    /** The plan that is kept is that of the run which came to its end. */
    @Test
    void theRunThatCompletesARestoreSaysHowToTakeTheClusterBackAsWell() throws Exception {
        restored();
        PreparedRestore prepared = prepared(request().over(ASIDE));
        List<NextSteps.Step> steps = prepared.steps(prepared.plan().orThrow());
        assertThatThrownBy(() -> restore(prepared, bytes -> {
                    throw new IllegalStateException("killed");
                }))
                .hasMessageContaining("killed");

        PreparedRestore again = prepared(request().over(ASIDE));

        assertThat(again.plan().orThrow().start()).isInstanceOf(StartFrom.Resumed.class);
        assertThat(again.steps(again.plan().orThrow()).getLast()).isEqualTo(steps.getLast());
        assertThat(steps.getLast().commands())
                .contains("mv -T " + there + ".aside " + there, "mv -T " + fast + ".aside " + fast);
        restore(again);
    }

    /** The name that was planned is taken meanwhile: nothing is renamed to another one. */
    @Test
    void whatHasChangedSinceThePlanIsNotRenamed() throws Exception {
        restored();
        PreparedRestore prepared = prepared(request().over(ASIDE));
        directory(home.resolve("there.aside"));

        assertThatThrownBy(() -> restore(prepared))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("has changed since the plan was made");

        assertThat(fast.resolveSibling("there-fast.aside")).doesNotExist();
    }

    /** PostgreSQL's replay of CREATE TABLESPACE empties the directory that the record names. */
    @Test
    void aTablespaceThatTheBackupLacksIsMovedAsWell() throws Exception {
        restored();
        String version = fast.toFile().list()[0];
        Path later = directory(home.resolve("later"));
        Files.createDirectories(later.resolve(version).resolve("5"));
        Files.writeString(later.resolve(version).resolve("5/77777"), "rows");
        Files.createSymbolicLink(there.resolve("pg_tblspc/55555"), later);
        PreparedRestore prepared = prepared(request().over(ASIDE));

        assertThat(prepared.text()).contains("'" + later + "' is renamed to '" + later + ".aside'");
        restore(prepared);

        assertThat(later).isEmptyDirectory();
        assertThat(FileOwner.of(later)).isEqualTo(FileOwner.of(there));
        for (String command :
                prepared.steps(prepared.plan().orThrow()).getLast().commands()) {
            if (command.startsWith("mv ")) {
                Shell.run(List.of("sh", "-c", command));
            }
        }
        assertThat(there.resolve("pg_tblspc/55555").resolve(version).resolve("5/77777"))
                .hasContent("rows");
        directory(later.resolve("PG_12_201909212"));
        mustBeRefused(request().over(ASIDE), "'" + later + "' is in use, and not by the cluster");
    }

    @Test
    void nothingIsRestoredIntoAPlaceThatBelongsToSomething() throws IOException {
        List<OwnedPlace> places = List.of(
                new OwnedPlace(Kind.REPOSITORY, "repository 'local'", home.resolve("repository")),
                new OwnedPlace(Kind.SPOOL, "the spool", home.resolve("spool")));
        Path server = source.server().dataDirectory();
        Files.createSymbolicLink(home.resolve("link"), server.resolve("base"));

        for (Path inside : List.of(home.resolve("repository/main/new"), home.resolve("repository"))) {
            mustBeRefused(request().in(inside), places, "repository 'local' '" + home.resolve("repository") + "'");
        }
        mustBeRefused(request().withWalIn(home.resolve("spool/wal")), places, "pg_wal", "would be in the spool");
        for (Path inside : List.of(server.resolve("pg_wal/new"), home.resolve("link/new"))) {
            mustBeRefused(request().in(inside), "would be in the data directory of a running server '" + server + "'");
            mustBeRefused(request().withTablespaces(Map.of("fast", inside)), "tablespace 'fast'", "a running server");
        }
    }

    @Test
    void whatOthersHaveInADirectoryIsNotMovedWithIt() throws Exception {
        restored();
        OwnedPlace inData = new OwnedPlace(Kind.REPOSITORY, "repository 'local'", there.resolve("backup"));
        OwnedPlace inTablespace = new OwnedPlace(Kind.FILE, "the private key", fast.resolve("key"));

        mustBeRefused(request().over(ASIDE), List.of(inData), "data directory", "holds repository 'local'");
        mustBeRefused(request().over(ASIDE), List.of(inTablespace), "tablespace 'fast'", "holds the private key");
        assertThat(prepared(request().over(new Delta(false)), inData, inTablespace)
                        .plan()
                        .problems())
                .as("a delta leaves both where they are")
                .isEmpty();
    }

    /** Such as /p/ts, which leads to another disk: the link stays, and the files land where they were. */
    @Test
    void theLinkOfATablespaceMayLeadToALink() throws Exception {
        Path disk = directory(home.resolve("disk"));
        Files.createSymbolicLink(fast, disk);
        directory(there);
        restore(prepared(request()));
        assertThat(fast).isSymbolicLink();
        assertThat(disk).isDirectoryContaining("glob:**/PG_*");
        PreparedRestore prepared = prepared(request().over(ASIDE));

        assertThat(prepared.text()).contains("leads to '" + disk + "', which is renamed to '" + disk + ".aside'");
        restore(prepared);

        assertThat(fast).isSymbolicLink();
        assertThat(home.resolve("disk.aside")).isDirectoryContaining("glob:**/PG_*");
        assertThat(disk).isDirectoryContaining("glob:**/PG_*");
        assertThat(Files.readSymbolicLink(there.resolve("pg_tblspc")
                        .resolve(String.valueOf(
                                there.resolve("pg_tblspc").toFile().list()[0]))))
                .isEqualTo(fast);
        restore(prepared(request().over(new Delta(false))));
        Files.delete(fast);
        Files.createSymbolicLink(fast, home.resolve("nowhere"));
        mustBeRefused(request(), "is a link to '" + home.resolve("nowhere") + "', which is not there");
    }

    /** Whatever a restore does with it: what is planned is what is done. */
    @Test
    void theDataDirectoryMayBeNamedByALink() throws Exception {
        Path real = directory(home.resolve("real"));
        Files.createSymbolicLink(there, real);
        directory(fast);
        PreparedRestore prepared = prepared(request());

        assertThat(prepared.text()).contains("'" + there + "' is a link, which stays");
        restore(prepared);
        restore(prepared(request().over(ASIDE)));
        restore(prepared(request().over(new Delta(false))));

        assertThat(there).isSymbolicLink();
        assertThat(real.resolve("PG_VERSION")).exists();
        assertThat(home.resolve("real.aside/PG_VERSION")).exists();
        assertThat(home.resolve("there.aside")).doesNotExist();
    }

    /** Its WAL has a disk of its own, which may be larger or faster than that of the data. */
    @Test
    void walThatWasElsewhereIsTold() throws Exception {
        restored();
        assertThat(prepared(request().over(ASIDE)).plan().findings().toString()).doesNotContain("--wal-dir");
        Path disk = Files.move(there.resolve("pg_wal"), home.resolve("disk"));
        Files.createSymbolicLink(there.resolve("pg_wal"), disk);

        assertThat(prepared(request().over(ASIDE)).plan().findings().toString())
                .contains("pg_wal of the cluster is a link to '" + disk + "'", "--wal-dir DIR");
        assertThat(prepared(request().over(ASIDE).withWalIn(directory(home.resolve("wal"))))
                        .plan()
                        .findings()
                        .toString())
                .doesNotContain("--wal-dir DIR");
    }

    @Test
    void theDirectoryForWalMayBeNamedByALink() throws Exception {
        Path disk = directory(home.resolve("disk"));
        Path named = Files.createSymbolicLink(home.resolve("wal"), disk);
        directory(there);
        directory(fast);

        restore(prepared(request().withWalIn(named)));

        assertThat(Files.readSymbolicLink(there.resolve("pg_wal"))).isEqualTo(named);
        assertThat(disk.resolve("archive_status")).isDirectory();
    }

    /** On a RAM disk, as it was usual until PostgreSQL 14; every backup has an empty directory there. */
    @Test
    void aDeltaKeepsALinkInThePlaceOfADirectoryThatPostgresqlEmpties() throws Exception {
        restored();
        Path memory = directory(home.resolve("memory"));
        Path link = there.resolve("pg_stat_tmp");
        Files.delete(link);
        Files.createSymbolicLink(link, memory);

        restore(prepared(request().over(new Delta(false))));

        assertThat(link).isSymbolicLink();
        Files.delete(link);
        Files.createSymbolicLink(link, home.resolve("nowhere"));
        mustBeRefused(
                request().over(new Delta(false)),
                "'" + link + "'",
                "a link to '" + home.resolve("nowhere") + "', which is not there");
    }

    @Test
    void aFileSystemWithTooFewInodesIsAProblemOfThePlan() throws IOException {
        try (SmallDisk _ = SmallDisk.mount(there, "size=300m,nr_inodes=200")) {
            directory(fast);

            mustBeRefused(request(), "data directory at '" + there + "'", "inodes needed");
        }
    }
}
