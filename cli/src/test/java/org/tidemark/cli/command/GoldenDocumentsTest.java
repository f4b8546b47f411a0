// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.queue.JavaStarts;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.command.backups.BackupOutput;
import org.tidemark.cli.command.restore.DrillOutput;
import org.tidemark.cli.command.restore.PromoteCommand;
import org.tidemark.cli.command.restore.RecoverOutput;
import org.tidemark.cli.command.retention.ExpiryOutput;
import org.tidemark.cli.command.run.CronOutput;
import org.tidemark.cli.command.run.SyncOutput;
import org.tidemark.cli.command.start.ConfigCommand;
import org.tidemark.cli.command.start.InstalledFiles;
import org.tidemark.cli.command.start.VersionCommand;
import org.tidemark.cli.command.wal.WalResolveCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Output.Manner;
import org.tidemark.cli.output.Output.Verbosity;
import org.tidemark.cli.output.OutputFormat;
import org.tidemark.cli.output.Paint;
import org.tidemark.config.Environment;
import org.tidemark.config.Setting;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Measure;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Threshold;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.backups.BackupRun.CompleteBackup;
import org.tidemark.operations.drill.DrillPlan;
import org.tidemark.operations.drill.DrillReport;
import org.tidemark.operations.drill.Judgement;
import org.tidemark.operations.drill.StoredEvidence;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.operations.recovery.RestoreSource;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.operations.retention.ByPolicy;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.retention.ExpiryRun.Expired;
import org.tidemark.operations.retention.ExpiryRun.Mode;
import org.tidemark.operations.wal.WalResolution.InRepository;
import org.tidemark.operations.wal.WalResolution.Later;
import org.tidemark.operations.wal.WalResolution.Stored;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.ReplayStop.HeldLocks;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.RecoveryPlan;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.replicate.SyncReport;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.plan.DeltaChanges;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.ReplayedWal;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.retention.Expirer.ExpiryReport;
import org.tidemark.server.ArchivedAhead.StartedJava;
import org.tidemark.session.RunningService;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.TemporaryTree;
import org.tidemark.view.CheckView;
import org.tidemark.view.FleetView;
import org.tidemark.view.PlanView;
import org.tidemark.view.ReplicationView;
import org.tidemark.view.StatusView;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.CheckReport.Backlog;
import org.tidemark.watch.fleet.FleetLine;
import org.tidemark.watch.fleet.FleetLine.NextTask;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ReplicationStatus;
import org.tidemark.watch.status.ReplicationStatus.Follower;
import org.tidemark.watch.status.ReplicationStatus.Role;
import org.tidemark.watch.status.ReplicationStatus.Slot;
import org.tidemark.watch.status.ReplicationStatus.Upstream;

/** What programs rely on: the keys of the JSON of every command that needs no server, with their types and nesting. */
@Execution(ExecutionMode.CONCURRENT)
class GoldenDocumentsTest extends TwoRepositories {
    private static final String SYSTEM = "7312089945514410";
    private static final String LAUNCHER = "/opt/tidemark/tidemark";

    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    private ProgramRun json(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--json");
        return ProgramRun.of(
                root,
                Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString(), LauncherPath.VARIABLE, LAUNCHER),
                all.toArray(String[]::new));
    }

    private Path incarnation(String repository) {
        return root.resolve(repository).resolve("main").resolve(SYSTEM);
    }

    private Path segment(String repository, String name) {
        return incarnation(repository).resolve("wal/00000002/00000000").resolve(name);
    }

    private void stored(String repository, String key, Duration age) throws IOException {
        Path file = incarnation(repository).resolve(key);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[10]);
        Files.setLastModifiedTime(file, FileTime.from(now.minus(age)));
    }

    private void spool() throws IOException {
        Path file = root.resolve("tidemark.toml");
        Files.writeString(file, "[host]\nspool = '" + root.resolve("spool") + "'\n" + Files.readString(file));
    }

    private String id(String name) throws IOException {
        try (ObjectStore store = store(name)) {
            return Repository.open(store, Optional.empty()).id().value();
        }
    }

    /** Backups of 30, 20 and 10 days ago; offsite lacks the last one, and WAL. */
    private void dated() throws IOException {
        for (String each : List.of("local", "offsite", "home")) {
            TemporaryTree.delete(root.resolve(each));
        }
        DatedArchive local = new DatedArchive(root.resolve("local"), now);
        DatedArchive offsite = new DatedArchive(root.resolve("offsite"), now);
        // Whether two backups are of one month goes by the day of the test: so what is kept by months is not part of
        // it.
        configure("retention = 'RECOVERY WINDOW OF 15 DAYS'\nkeep = 'weekly 1'", "retention = 'REDUNDANCY 3'");
        for (DatedArchive each : List.of(local, offsite)) {
            each.backup(30, 0x20);
            each.backup(20, 0x28);
            each.wal(0x20, 0x27, 30);
            each.wal(0x28, 0x2B, 20);
        }
        local.backup(10, 0x30);
        local.wal(0x2C, 0x2F, 20);
        local.wal(0x30, 0x37, 10);
        offsite.wal(0x2E, 0x31, 15);
    }

    /** Queues for both repositories, WAL that was received or dropped, and a receiver. */
    private void onThisHost() throws IOException {
        spool();
        Path spool = root.resolve("spool");
        must("status"); // from now on this host knows the ids
        Path queue = Files.createDirectories(spool.resolve("v1/pending/" + id("offsite") + "/main/" + SYSTEM));
        Files.writeString(queue.resolve("0000000000000001.000000020000000000000020"), "x");
        Path received = Files.createDirectories(spool.resolve("v1/receive/main/" + SYSTEM));
        Files.writeString(spool.resolve("v1/receive/main/lock"), "standby7\n" + RunningProcess.self() + "\n");
        for (String name : List.of("00000002000000000000003D", "00000002000000000000003E.open", "seam")) {
            Files.write(received.resolve(name), new byte[1 << 10]);
        }
        GivenUpNotes.of(spool, new ClusterName("main"), SystemIdentifier.parse(SYSTEM))
                .add(
                        new GivenUpWal(
                                WalNames.requireSegment("000000020000000000000038"),
                                WalNames.requireSegment("00000002000000000000003C"),
                                now,
                                "db1",
                                "the disk was full"),
                        WalSegmentSize.DEFAULT);
    }

    private void unmount(String repository) throws IOException {
        Files.move(root.resolve(repository), root.resolve("unmounted"));
    }

    private void restored(Optional<Pace> replay) throws IOException {
        mark(new Restored(
                now,
                new BackupId(OLDER),
                "db1",
                Optional.of(new Pace(1, Duration.ofSeconds(1))),
                replay,
                Optional.empty()));
    }

    private void mark(Mark mark) throws IOException {
        try (ObjectStore store = store("local")) {
            Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .backups()
                    .markWal(mark);
        }
    }

    @Test
    void status() throws IOException {
        GoldenDocument status = new GoldenDocument("status");
        dated();
        status.add(json("status"));
        restored(Optional.empty());
        status.add(json("status"));
        restored(Optional.of(new Pace(1, Duration.ofSeconds(1))));
        status.add(json("status"));
        stored(
                "local",
                "catalog/" + BackupId.of(now.minus(Duration.ofMinutes(10)), 1) + "/intent.json",
                Duration.ofMinutes(10));
        onThisHost();
        Files.delete(segment("local", "00000002000000000000002C"));
        status.add(json("status"));
        Files.delete(root.resolve("spool/v1/receive/main/" + SYSTEM + "/00000002000000000000003D"));
        Files.delete(root.resolve("spool/v1/receive/main/" + SYSTEM + "/00000002000000000000003E.open"));
        status.add(json("status"));
        Files.delete(incarnation("local").resolve("history/00000002.history"));
        status.add(json("status"));
        new DatedArchive(root.resolve("empty"), now);
        status.add(json("status", "--repository", root.resolve("empty").toUri().toString()));
        unmount("local");
        status.add(json("status"));
        archiving().forEach(each -> status.add(each));
        status.check();
    }

    private Session session() {
        return Session.open(
                new Environment(
                        Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString()),
                        root,
                        root.resolve("home"),
                        root),
                Clock.systemUTC(),
                new Session.Choice(Optional.empty(), List.of(), Optional.empty(), List.of(), List.of()),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
    }

    private static ClusterStatus.Incarnation withNewestCommit(ClusterStatus.Incarnation each) {
        ClusterStatus.Holding together = each.together();
        return new ClusterStatus.Incarnation(
                each.identity(),
                new ClusterStatus.Holding(
                        together.newest(),
                        together.newestWal(),
                        together.recoverable(),
                        new NewestCommit.Found(new LastCommit(753, Instant.EPOCH, new Lsn(1))),
                        together.timelines(),
                        together.planned()),
                each.alone(),
                each.backups(),
                each.unfinished(),
                each.drills(),
                each.drillNumbers(),
                each.forecast());
    }

    /** With all that can be said of archiving on this host, and with nothing of that. */
    private List<String> archiving() throws IOException {
        ClusterStatus status;
        try (Session session = session()) {
            status = ClusterStatus.of(session, ClusterReading.of(session, WalReading.WHOLE, now));
        }
        List<String> documents = new ArrayList<>();
        for (boolean isFull : new boolean[] {true, false}) {
            documents.add(printed(output -> output.json(StatusView.of(
                    new ClusterStatus(
                            status.incarnations().stream()
                                    .map(each -> isFull ? withNewestCommit(each) : each)
                                    .toList(),
                            List.of(new ClusterStatus.Queue("local", 1, 10, Optional.empty(), 1)),
                            status.received(),
                            status.receiver(),
                            status.givenUp(),
                            Optional.of(new RunningService(
                                            RunningProcess.self(),
                                            Optional.of(new RunningService.Replaced("0.2.0", "0.2.1"))))
                                    .filter(each -> isFull),
                            Optional.of(new StartedJava(
                                    new JavaStarts.Share(1, 10),
                                    Optional.of("a reason").filter(each -> isFull))),
                            status.repositories(),
                            status.counted()),
                    now))));
        }
        return documents;
    }

    @Test
    void listBackup() throws IOException {
        GoldenDocument list = new GoldenDocument("list-backup");
        unpackGolden();
        must("annotate", LATEST, "words");
        must("keep", OLDER, "--until", "2199-11-01", "--note", "before 5.0");
        must("verify", "--all");
        must("keep", LATEST);
        drills();
        list.add(json("list-backup"));
        dated();
        stored(
                "local",
                "catalog/" + BackupId.of(now.minus(Duration.ofMinutes(10)), 1) + "/intent.json",
                Duration.ofMinutes(10));
        list.add(json("list-backup"));
        Files.delete(incarnation("local").resolve("history/00000002.history"));
        list.add(json("list-backup"));
        unmount("local");
        list.add(json("list-backup"));
        new DatedArchive(root.resolve("other"), now).backupWithAllMembers(10, 0x20);
        list.add(json(
                        "list-backup",
                        "--repository",
                        root.resolve("other").toUri().toString()))
                .check();
    }

    @Test
    void showBackup() throws IOException {
        GoldenDocument show = new GoldenDocument("show-backup");
        unpackGolden();
        must("annotate", LATEST, "words");
        must("keep", OLDER, "--until", "2199-11-01", "--note", "before 5.0");
        must("keep", LATEST);
        drills();
        must("verify", "--all");
        show.add(json("show-backup", OLDER)).add(json("show-backup", LATEST));
        Files.writeString(incarnation("local").resolve("catalog/" + OLDER + "/bundles"), "damaged");
        show.add(json("show-backup", OLDER, "--repository", "local"));
        String running = BackupId.of(now, 1).value();
        stored("local", "catalog/" + running + "/intent.json", Duration.ZERO);
        show.add(json("show-backup", running));
        unmount("offsite");
        show.add(json("show-backup", LATEST));
        dated();
        show.add(json("show-backup", "oldest"));
        BackupId described = new DatedArchive(root.resolve("other"), now).backupWithAllMembers(10, 0x20);
        show.add(json(
                        "show-backup",
                        described.value(),
                        "--repository",
                        root.resolve("other").toUri().toString()))
                .check();
    }

    @Test
    void listFiles() throws IOException {
        unpackGolden();
        new GoldenDocument("list-files")
                .add(json("list-files", LATEST, "--target", "full"))
                .add(json("list-files", OLDER, "--target", "standalone"))
                .check();
    }

    @Test
    void retention() throws IOException {
        GoldenDocument retention = new GoldenDocument("retention");
        dated();
        configure(
                "retention = 'RECOVERY WINDOW OF 15 DAYS'\nwal-retention = 'REDUNDANCY 1'\nkeep = 'weekly 1'",
                "retention = 'REDUNDANCY 3'");
        retention.add(json("retention"));
        stored(
                "local",
                "catalog/" + BackupId.of(now.minus(Duration.ofDays(3)), 1) + "/intent.json",
                Duration.ofDays(3));
        Path catalog = incarnation("local").resolve("catalog");
        Files.createDirectories(catalog.resolve("20990101T000000Z"));
        Files.writeString(catalog.resolve("20990101T000000Z/intent.json"), "{}");
        retention.add(json("retention"));
        Files.writeString(catalog.resolve(BackupId.of(now.minus(Duration.ofDays(20)), 1) + "/backup.json"), "{}");
        retention.add(json("retention"));
        unmount("local");
        retention.add(json("retention")).check();
    }

    @Test
    void expireAndDelete() throws IOException {
        GoldenDocument expire = new GoldenDocument("expire");
        GoldenDocument delete = new GoldenDocument("delete");
        unpackGolden();
        delete.add(json("delete", OLDER, "--dry-run")).add(json("delete", OLDER));
        configure("retention = 'REDUNDANCY 1'", "retention = 'REDUNDANCY 1'");
        dated();
        stored("local", "catalog/20250101T000000Z/intent.json", Duration.ofDays(300));
        expire.add(json("expire"));
        Path oldest = incarnation("local").resolve("catalog/" + BackupId.of(now.minus(Duration.ofDays(30)), 1));
        expire.add(json("expire", "--confirm"));
        assertThat(oldest.resolve("backup.json")).doesNotExist();
        Files.writeString(
                incarnation("local")
                        .resolve("catalog/" + BackupId.of(now.minus(Duration.ofDays(10)), 1) + "/backup.json"),
                "{}");
        expire.add(json("expire"));
        unmount("local");
        configure("", "retention = 'REDUNDANCY 1'");
        expire.add(json("expire"));
        delete.add(json("delete", "latest", "--dry-run"));
        expiries().forEach(each -> expire.add(each));
        expire.check();
        delete.check();
    }

    /** An expiry that reports everything that can be reported, and one that failed. */
    private List<String> expiries() {
        ExpiryReport report = new ExpiryReport(
                List.of(new BackupId(OLDER)),
                new TreeMap<>(Map.of(new BackupId(LATEST), "it was kept meanwhile")),
                10,
                1000,
                Optional.of("a backup is in progress"),
                3,
                Optional.of("locked"),
                List.of(Finding.warning("versions", "the store keeps versions", "Look.")));
        UserFacingException failure = new UserFacingException(ExitCode.DAMAGED, "it is damaged", "Look.");
        List<String> documents = new ArrayList<>();
        try (Session session = session()) {
            ExpiryRun.Result result = new ExpiryRun(session, Clock.systemUTC(), Mode.DRY_RUN, name -> {
                        throw new AssertionError("nothing is removed");
                    })
                    .run(new ByPolicy(true, true));
            for (Expired each : result.archives()) {
                for (Expired one : List.of(
                        new Expired(each.planned(), Optional.of(report), Optional.empty()),
                        new Expired(each.planned(), Optional.empty(), Optional.of(failure)))) {
                    documents.add(printed(output -> new ExpiryOutput(output, Mode.DELETE)
                            .print(
                                    new ExpiryRun.Result(List.of(one), result.repositories()),
                                    CopyableCommand.of("expire"))));
                }
            }
        }
        return documents;
    }

    @Test
    void verifyAndWalVerify() throws IOException {
        GoldenDocument verify = new GoldenDocument("verify");
        GoldenDocument wal = new GoldenDocument("wal-verify");
        unpackGolden();
        verify.add(json("verify"));
        wal.add(json("wal-verify"));
        Path first = segment("local", "000000020000000000000020");
        byte[] content = Files.readAllBytes(first);
        content[content.length / 2] ^= 1;
        Files.write(first, content);
        verify.add(json("verify", "--sample", "100"));
        wal.add(json("wal-verify", "--sample", "100"));
        for (String repository : List.of("local", "offsite")) {
            for (String id : List.of(OLDER, LATEST)) {
                Files.delete(incarnation(repository).resolve("backup/" + id + "/bundle/00000001"));
            }
        }
        verify.add(json("verify"));
        Files.delete(incarnation("local").resolve("history/00000002.history"));
        wal.add(json("wal-verify"));
        dated();
        must("expire", "--confirm");
        verify.add(json("verify"));
        wal.add(json("wal-verify"));
        unmount("local");
        verify.add(json("verify")).check();
        wal.add(json("wal-verify")).check();
    }

    @Test
    void check() throws IOException {
        GoldenDocument check = new GoldenDocument("check", "findings[].values", "findings[].thresholds");
        check.add(printed(output -> output.json(CheckView.of(new CheckReport(
                new ClusterName("main"),
                List.of("local"),
                List.of(
                        Finding.ok("server", "it answers"),
                        Finding.warning("wal", "it is old", "Look.")
                                .of("local")
                                .with(Measure.AGE, 10)
                                .with(Measure.FREE, 1, Threshold.warnAbove(2))
                                .with(Measure.LAG, 1, Threshold.criticalAbove(2))
                                .with(Measure.USABLE, 1, Threshold.below(3, 2))),
                List.of(
                        new Backlog("local", 0, 0, Optional.empty(), 0, List.of()),
                        new Backlog("offsite", 2, 10, Optional.of(now), 1, List.of("x"))))))));
        dated();
        check.add(json("check")).check();
    }

    @Test
    void replicationStatus() throws IOException {
        ClusterName main = new ClusterName("main");
        Follower seen = new Follower(
                "db2",
                Optional.of("standby"),
                Optional.of("10.0.0.2"),
                Optional.of("streaming"),
                Optional.of("async"),
                Optional.of("db2"),
                OptionalLong.of(0),
                OptionalLong.of(0),
                OptionalLong.of(1),
                Optional.of(Duration.ofMillis(3)));
        Follower hidden = new Follower(
                "pid 7",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty());
        Slot used = new Slot("db2", "physical", true, Optional.of("reserved"), OptionalLong.of(1), OptionalLong.of(2));
        Slot fresh = new Slot("db3", "physical", false, Optional.empty(), OptionalLong.empty(), OptionalLong.empty());
        Lsn lsn = Lsn.parse("0/3000060");
        new GoldenDocument("replication-status")
                .add(printed(output -> output.json(ReplicationView.of(
                        main,
                        new ReplicationStatus(
                                new Role.Primary(Timeline.FIRST, lsn), List.of(seen, hidden), List.of(used, fresh))))))
                .add(printed(output -> output.json(ReplicationView.of(
                        main,
                        new ReplicationStatus(
                                new Role.Standby(
                                        Optional.of(new Upstream(
                                                Optional.of("10.0.0.1:5432"), "streaming", Optional.of("db2"))),
                                        Optional.of(lsn),
                                        Optional.of(lsn),
                                        Optional.of(now),
                                        false,
                                        Duration.ofHours(1)),
                                List.of(),
                                List.of())))))
                .add(printed(output -> output.json(ReplicationView.of(
                        main,
                        new ReplicationStatus(
                                new Role.Standby(
                                        Optional.of(new Upstream(Optional.empty(), "streaming", Optional.empty())),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        true,
                                        Duration.ZERO),
                                List.of(),
                                List.of())))))
                .check();
    }

    @Test
    void fleet() throws IOException {
        FleetLine bare = FleetLine.unread(new ClusterName("other"), Finding.critical("repository", "x", "y"));
        FleetLine whole = new FleetLine(
                new ClusterName("main"),
                Optional.of(Finding.warning("wal", "x", "y").of("local")),
                1,
                Optional.of(now),
                Optional.of(now),
                Optional.of(now),
                Optional.of(Duration.ofMinutes(5)),
                Optional.of(Duration.ofMinutes(30)),
                Optional.of(now),
                Optional.of(1L),
                Optional.of(2L),
                Optional.of(3L),
                Optional.empty(),
                Optional.of(new NextTask(ScheduledTask.BACKUP, now)),
                Optional.of(now),
                true);
        new GoldenDocument("fleet")
                .add(printed(output -> output.json(FleetView.of(List.of(bare, whole), Optional.empty(), now))))
                .check();
    }

    @Test
    void promote() throws IOException {
        List<Finding> findings = List.of(Finding.ok("standby", "x"), Finding.critical("primary", "x", "y"));
        new GoldenDocument("promote")
                .add(printed(
                        output -> output.json(PromoteCommand.View.of(Optional.empty(), Optional.empty(), findings))))
                .add(printed(output -> output.json(
                        PromoteCommand.View.of(Optional.of(Timeline.FIRST), Optional.of("host=x"), List.of()))))
                .check();
    }

    @Test
    void walResolve() throws IOException {
        unpackGolden();
        BaseBackup backup;
        try (ObjectStore store = store("local")) {
            backup = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .backups()
                    .read(new BackupId(OLDER));
        }
        Segment segment = WalNames.requireSegment("000000020000000000000020");
        new GoldenDocument("wal-resolve")
                .add(printed(output -> output.json(WalResolveCommand.View.of(
                        segment,
                        root,
                        true,
                        List.of(
                                new InRepository(
                                        "a",
                                        new Stored.Other(Sha256.of(new byte[1]), now),
                                        List.of(new Later(segment, Later.Why.OTHER)),
                                        List.of(backup),
                                        Optional.empty()),
                                new InRepository(
                                        "b",
                                        new Stored.Damaged("is damaged"),
                                        List.of(),
                                        List.of(),
                                        Optional.of(new UserFacingException(ExitCode.DAMAGED, "no", "Look."))),
                                new InRepository("c", new Stored.Nothing(), List.of(), List.of(), Optional.empty()),
                                new InRepository("d", new Stored.Same(), List.of(), List.of(), Optional.empty()))))))
                .check();
    }

    @Test
    void walList() throws IOException {
        GoldenDocument list = new GoldenDocument("wal-list");
        dated();
        Files.delete(segment("local", "00000002000000000000002C"));
        Files.write(
                segment("local", "000000020000000000000038.partial-0000000038000100-0123456789abcdef"), new byte[10]);
        try (ObjectStore store = store("local")) {
            Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .wal()
                    .gaps()
                    .noteGivenUp(new GivenUpWal(
                            WalNames.requireSegment("00000002000000000000002C"),
                            WalNames.requireSegment("00000002000000000000002C"),
                            now,
                            "db1",
                            "the disk was full"));
        }
        list.add(json("wal-list"));
        Files.writeString(incarnation("local").resolve("history/00000002.history"), "damaged");
        unmount("offsite");
        list.add(json("wal-list")).check();
    }

    @Test
    void sync() throws IOException {
        GoldenDocument sync = new GoldenDocument("sync");
        unpackGolden();
        onThisHost();
        sync.add(json("sync", "--dry-run"));
        Files.delete(segment("offsite", "000000020000000000000021"));
        Path first = segment("local", "000000020000000000000020");
        Files.writeString(first, "damaged");
        Path unknown = Files.createDirectories(incarnation("local").resolve("later/00000001"));
        Files.writeString(unknown.resolve("00000001000000A900000065"), "x");
        Path lost = Files.createDirectories(root.resolve("spool/v1/pending/deadbeef/main/" + SYSTEM));
        Files.writeString(lost.resolve("0000000000000001.000000020000000000000020"), "x");
        sync.add(json("sync"));
        Files.writeString(segment("offsite", "000000020000000000000020"), "damaged, too");
        sync.add(json("sync", "local", "offsite"));
        sync.add(json("sync", "--forget", "offsite", "--dry-run"));
        sync.add(printed(output -> {
                    SyncOutput shown = new SyncOutput(output, false);
                    shown.delivered("local", new DeliveryReport(1, 10, List.of(), List.of(), Optional.empty()));
                    shown.refused("local", new RefusedObject("a name", "a problem"));
                    shown.abandoned("gone", 2);
                    shown.failed("local", new UserFacingException(ExitCode.DAMAGED, "it is damaged", "Look."));
                    shown.copied(
                            "local",
                            "offsite",
                            new SyncReport(1, 10, List.of(OLDER), 3, List.of(), 0, List.of("main/7/later/"), 1, 1));
                    shown.finish();
                }))
                .check();
    }

    @Test
    void audit() throws IOException {
        GoldenDocument audit = new GoldenDocument("audit");
        unpackGolden();
        must("keep", OLDER, "--repository", "local");
        mark(new Mark.Proven(now, "0123456789abcdef"));
        audit.add(json("audit"));
        unmount("offsite");
        audit.add(json("audit")).check();
    }

    @Test
    void keepAndAnnotate() throws IOException {
        GoldenDocument keep = new GoldenDocument("keep");
        GoldenDocument annotate = new GoldenDocument("annotate");
        unpackGolden();
        keep.add(json("keep", OLDER, "--until", "2199-11-01", "--note", "before 5.0"))
                .add(json("keep", OLDER))
                .add(json("keep", OLDER, "--release", "--dry-run"));
        annotate.add(json("annotate", OLDER, "words", "--dry-run")).add(json("annotate", OLDER, ""));
        Path marks = incarnation("offsite").resolve("mark");
        TemporaryTree.delete(marks);
        Files.writeString(marks, "no directory");
        keep.add(json("keep", OLDER));
        annotate.add(json("annotate", OLDER, "others"));
        unmount("offsite");
        keep.add(json("keep", OLDER)).check();
        annotate.add(json("annotate", OLDER, "others")).check();
    }

    private void schedule(String... keys) throws IOException {
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")) + "[cluster.main.schedule]\n" + String.join("\n", keys)
                        + "\n");
    }

    @Test
    void cron() throws IOException {
        GoldenDocument cron = new GoldenDocument("cron");
        String nightly =
                "0 " + OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour() + " * * *";
        unpackGolden();
        configure("retention = 'REDUNDANCY 1'", "");
        schedule("expire = '" + nightly + "'", "verify = '" + nightly + "'");
        cron.add(json("cron", "--dry-run")).add(json("cron"));
        unmount("offsite");
        cron.add(json("cron"));
        UserFacingException failure = new UserFacingException(ExitCode.DAMAGED, "it is damaged", "Look.");
        cron.add(printed(output -> output.json(new CronOutput.View(
                        false, List.of(CronOutput.View.Cluster.of(new ClusterName("other"), failure))))))
                .check();
    }

    @Test
    void recoverPlan() throws IOException {
        GoldenDocument plan = new GoldenDocument("recover-plan", "settings");
        unpackGolden();
        String to = root.resolve("to").toString();
        List<String[]> targets = List.of(
                new String[] {},
                new String[] {"--target-immediate"},
                new String[] {"--target-lsn", "0/2100200"},
                new String[] {"--target-xid", "800", "--exclusive"},
                new String[] {"--target-time", "2026-11-20 06:31:00Z"},
                new String[] {"--target-time", "2020-01-01 00:00:00Z"},
                new String[] {"--target-name", "before"});
        for (String[] target : targets) {
            List<String> arguments = new ArrayList<>(List.of("recover", "--to", to, "--dry-run"));
            arguments.addAll(List.of(target));
            plan.add(json(arguments.toArray(String[]::new)));
        }
        Files.delete(segment("local", "000000020000000000000021"));
        Files.delete(segment("offsite", "000000020000000000000021"));
        plan.add(json("recover", "--to", to, "--dry-run"));
        for (boolean isFull : new boolean[] {true, false}) {
            PreparedRestore prepared = prepared(isFull);
            plan.add(printed(output -> output.json(
                    PlanView.of(prepared, chosen -> RecoverySettings.of(chosen, "tidemark wal-fetch %f %p")))));
        }
        plan.check();
    }

    /** A plan to a restore point of a backup with a name, with tablespaces; without what the host says, if not full. */
    private PreparedRestore prepared(boolean isFull) throws IOException {
        try (Session session = session()) {
            PreparedRestore prepared = RestoreSource.choose(
                            session,
                            RestoreRequest.of(root.resolve("to"), new RecoveryTarget.Latest()),
                            Optional.of(OLDER),
                            now,
                            SearchProgress.NONE,
                            ReplayedWal.LIMIT)
                    .prepared();
            RestorePlan.Chosen plan = (RestorePlan.Chosen) prepared.plan();
            RecoveryPlan.Chosen recovery = plan.recovery();
            BaseBackup backup = prepared.backup().orElseThrow();
            List<TargetDirectory> directories = new ArrayList<>(plan.directories());
            for (Optional<String> name : List.of(Optional.of("fast"), Optional.<String>empty())) {
                directories.add(new TargetDirectory.Tablespace(
                        new TablespacePlace(16_400, name, "/mnt/fast", 10), Path.of("/mnt/fast"), false));
            }
            directories.add(new TargetDirectory.WalDirectory(Path.of("/mnt/wal")));
            return new PreparedRestore(
                    prepared.cluster(),
                    new RestorePlan.Chosen(
                            plan.request(),
                            new RecoveryPlan.Chosen(
                                    recovery.backup(),
                                    recovery.reason(),
                                    recovery.timeline(),
                                    isFull ? recovery.wal() : new RequiredWal(List.of(), 0, 0, List.of(), 0),
                                    recovery.archived(),
                                    Optional.of(new RestorePoint(
                                            "before", recovery.backup().stopLsn(), now)),
                                    true,
                                    recovery.findings()),
                            directories,
                            isFull
                                    ? new StartFrom.Aside(
                                            List.of(new StartFrom.Move(Path.of("/pg/data"), Path.of("/pg/data.aside"))))
                                    : plan.start(),
                            isFull ? Optional.of(changes()) : Optional.empty(),
                            plan.settings(),
                            plan.configuration(),
                            plan.findings()),
                    Optional.of(new BaseBackup(
                            backup.id(),
                            backup.type(),
                            Optional.of("nightly"),
                            backup.origin(),
                            backup.run(),
                            backup.wal(),
                            backup.nextXid(),
                            backup.contents(),
                            backup.objects())),
                    prepared.facts().filter(any -> isFull),
                    prepared.start(),
                    prepared.program(),
                    Optional.of(stop()).filter(any -> isFull),
                    List.of(),
                    false);
        }
    }

    private static ReplayStop stop() {
        Ended ended = new Ended(753, new Lsn(1L << 40), new Lsn((1L << 40) + 34), Instant.EPOCH, true);
        return new ReplayStop(
                ended.at(),
                Optional.of(ended),
                Optional.of(ended),
                List.of(new HeldLocks(754, new Moment(ended.at(), ended.end()), false, 5, List.of(16_384L))),
                true,
                List.of());
    }

    private static DeltaChanges changes() {
        Path data = Path.of("/pg/data");
        return new DeltaChanges(
                Path.of("/pg/data.aside"),
                true,
                List.of(data.resolve("pg_wal/000000010000000000000022")),
                List.of(new DeltaChanges.Kept(data.resolve("pg_hba.conf"), "pg_hba.conf")),
                Set.of(),
                List.of(data.resolve("base/5/16384")),
                8192,
                List.of("server.key"),
                List.of(),
                List.of(),
                0,
                Map.of(data, 1L),
                List.of(),
                List.of());
    }

    @Test
    void recover() throws IOException {
        unpackGolden();
        PreparedRestore prepared = prepared(true);
        GoldenDocument recover = new GoldenDocument("recover");
        List<StartedServer.End> ends = List.of(
                new StartedServer.End.Open(Timeline.FIRST),
                new StartedServer.End.Paused(new Lsn(1), Optional.of(Instant.EPOCH), List.of()),
                new StartedServer.End.Paused(new Lsn(1), Optional.empty(), List.of("public.t in database 'a'")),
                new StartedServer.End.Stopped());
        for (Optional<Path> file : List.of(Optional.of(root), Optional.<Path>empty())) {
            for (StartedServer.End end : ends) {
                recover.add(printed(output -> new RecoverOutput(output)
                        .finish(
                                new RestoreRun.Result(
                                        new RestoreResult((RestorePlan.Chosen) prepared.plan(), 2, 1, 10, 1),
                                        prepared.backup().orElseThrow(),
                                        file,
                                        List.of("PGPASSWORD"),
                                        Duration.ofSeconds(1),
                                        List.of()),
                                file.map(any -> end),
                                Optional.of(new Lsn(1)))));
            }
        }
        recover.check();
    }

    @Test
    void drill() throws IOException {
        unpackGolden();
        Path to = root.resolve("drills");
        GoldenDocument drill = new GoldenDocument("drill");
        for (String target : List.of("random", "latest", "0/2100200", "2026-11-20 06:31:00Z")) {
            drill.add(json("drill", "--to", to.toString(), "--dry-run", "--target", target));
        }
        DrillPlan plan;
        try (Session session = session()) {
            plan = DrillPlan.of(session, Optional.empty(), Optional.empty(), 1, to, now, (done, all) -> {});
        }
        for (Judgement judgement :
                List.of(Judgement.passed("files", "x"), Judgement.failed("replay", Judgement.Fault.TIME_LIMIT, "y"))) {
            drill.add(printed(output -> new DrillOutput(output, plan)
                    .finish(
                            new DrillReport(
                                    plan,
                                    Optional.of(OLDER),
                                    List.of(judgement),
                                    Optional.of(Instant.EPOCH),
                                    new DrillReport.Clock(Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO),
                                    new DrillReport.Observed(now, now, 1, Optional.empty(), Optional.empty()),
                                    Optional.of("pg_ctl start")),
                            new StoredEvidence(Map.of("local", 1), Map.of()),
                            List.of())));
        }
        drill.check();
    }

    /** Of the older backup one that failed, of the newer one that has passed; where the first document is. */
    private Path drills() throws IOException {
        try (ObjectStore store = store("local")) {
            IncarnationKeys keys = new IncarnationKeys(new ClusterName("main"), SystemIdentifier.parse(SYSTEM));
            DrillKeys chain = new DrillKeys(keys, UUID.fromString(id("local")), UUID.randomUUID());
            DrillChains chains = new DrillChains(store, keys);
            chains.append(chain, HeldEvidence.failed(keys, "1", OLDER, now.minusSeconds(7200), "wal"));
            chains.append(chain, HeldEvidence.proven(keys, "2", LATEST, now.minusSeconds(60)));
            return root.resolve("local").resolve(chain.evidence(1).value());
        }
    }

    @Test
    void proof() throws IOException {
        unpackGolden();
        GoldenDocument proof = new GoldenDocument("proof").add(json("proof"));
        Files.writeString(
                root.resolve("tidemark.toml"), Files.readString(root.resolve("tidemark.toml")) + "rto = '10m'\n");
        Path first = drills();
        proof.add(json("proof"));
        Files.writeString(first, "damaged");
        proof.add(json("proof"));
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")) + "[drill]\npublic-keys = ['"
                        + SigningKey.generate(new SecureRandom()).publicKey().base64() + "']\n");
        unmount("offsite");
        proof.add(json("proof")).check();
    }

    @Test
    void configAndItsChanges() throws IOException {
        GoldenDocument config = new GoldenDocument("config");
        configure("", "");
        Files.writeString(
                root.resolve("tidemark.toml"), "[host]\njobs = 3\n" + Files.readString(root.resolve("tidemark.toml")));
        config.add(json("config"));
        config.add(printed(output -> output.json(ConfigCommand.View.of(
                        List.of(new Setting(
                                SettingKey.of("host", "log-repeats"), "true", new Setting.Origin("default"))),
                        List.of(),
                        List.of(),
                        Map.of("main", root)))))
                .check();
        new GoldenDocument("config-set")
                .add(json("config", "set", "--cluster", "main", "data-directory", "/elsewhere", "--dry-run"))
                .check();
        Path foreign = Files.writeString(root.resolve("pgbackrest.conf"), "[main]\npg1-path=/pg\n");
        new GoldenDocument("config-from")
                .add(json("config", "--from", foreign.toString()))
                .check();
    }

    @Test
    void backup() throws IOException {
        unpackGolden();
        List<CompleteBackup> backups = new ArrayList<>();
        for (String repository : List.of("local", "offsite")) {
            try (ObjectStore store = store(repository)) {
                backups.add(new CompleteBackup(
                        repository,
                        Repository.open(store, Optional.empty())
                                .incarnations(new ClusterName("main"))
                                .getFirst()
                                .backups()
                                .read(new BackupId(OLDER))));
            }
        }
        new GoldenDocument("backup")
                .add(printed(output -> new BackupOutput(output).finish(new BackupRun.Result(backups, ExitCode.DONE))))
                .check();
    }

    private static String printed(Consumer<Output> command) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        CopyableLines plain = new CopyableLines("tidemark", Optional::empty, Optional.empty(), List.of(), List.of());
        try (PrintStream shown = new PrintStream(data, true, StandardCharsets.UTF_8)) {
            command.accept(new Output(
                    shown,
                    new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                    new Manner(OutputFormat.JSON, Verbosity.NORMAL, Paint.NONE, Paint.NONE, false, plain)));
        }
        return data.toString(StandardCharsets.UTF_8);
    }

    @Test
    void eachCluster() throws IOException {
        dated();
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")) + "[cluster.other]\nrepositories = ['nowhere']\n"
                        + "[repository.nowhere]\nurl = '"
                        + root.resolve("nowhere").toUri() + "'\n");
        new GoldenDocument("cluster-all")
                .add(json("list-backup", "--cluster", "all"))
                .check();
    }

    @Test
    void versionAndDiagnose() throws IOException {
        new GoldenDocument("version")
                .add(json("version"))
                .add(printed(output -> output.json(VersionCommand.View.of(
                        "25",
                        Optional.of(new InstalledFiles(
                                root, "0.1.0", 2, List.of("lib/a.jar"), List.of("version"), List.of("lib/b.jar")))))))
                .check();
        configure("", "");
        new GoldenDocument("diagnose").add(json("diagnose", "given.zip")).check();
    }

    @Test
    void aKeyMadeAloneAndASelfTest() throws IOException {
        configure("", "");
        new GoldenDocument("init-key")
                .add(json("init", "--make-key", root.resolve("key").toString()))
                .check();
        new GoldenDocument("init-test").add(json("init", "--test")).check();
    }
}
