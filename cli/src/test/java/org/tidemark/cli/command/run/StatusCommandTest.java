// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.cli.Program;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.config.Environment;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.RunningProcess;
import tools.jackson.databind.JsonNode;

/** Backups of 30, 20 and 10 days ago; the second repository lacks the last one and two segments before it. */
class StatusCommandTest extends TwoRepositories {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private BackupId newest = new BackupId("20261120T063011Z");
    private BackupId second = newest;

    @BeforeEach
    void twoRepositories() throws IOException {
        DatedArchive local = new DatedArchive(root.resolve("local"), now);
        DatedArchive offsite = new DatedArchive(root.resolve("offsite"), now);
        configure("", "");
        for (DatedArchive each : new DatedArchive[] {local, offsite}) {
            each.backup(30, 0x20);
            second = each.backup(20, 0x28);
            each.wal(0x20, 0x27, 30);
            each.wal(0x28, 0x2B, 20);
        }
        newest = local.backup(10, 0x30);
        local.wal(0x2C, 0x2F, 20);
        local.wal(0x30, 0x37, 10);
        offsite.wal(0x2E, 0x31, 15);
    }

    private Instant ago(int days) {
        return now.minus(Duration.ofDays(days));
    }

    @Test
    void itSaysWhatProtectsTheClusterAndWhatEachRepositoryLacks() {
        String text = must("status").data();

        assertThat(text)
                .startsWith("main · can be restored; PostgreSQL was not asked, which is done by: tidemark check\n\n")
                .contains("main · PostgreSQL 15 · system 7312089945514410\n")
                .containsPattern("\nlocal +" + newest + " +" + Amounts.minute(ago(10)) + " +10d00h +000000020{14}37 ")
                .containsPattern("\noffsite +" + second + " +" + Amounts.minute(ago(20)) + " +20d00h ")
                .contains("\nAny moment from " + Amounts.second(ago(30)) + " to the end of 000000020000000000000037 ")
                .containsPattern(
                        "\nTL 2 " + Amounts.minute(ago(30)) + " \\*-+\\*-+\\*-* " + Amounts.minute(ago(10)) + "\n")
                .contains("\nFrom 'offsite' alone:\n  Any moment from " + Amounts.second(ago(30)))
                .contains("\n  Lost on timeline 2: every moment after " + Amounts.second(ago(20))
                        + ", because 00000002000000000000002C is missing; 4 later segments cannot be used."
                        + " Take a new backup")
                .contains("\nNothing is queued on this host\n");
    }

    @Test
    void theSameInJson() {
        JsonNode json = json(must("status", "--json"));

        assertThat(json.at("/formatVersion").intValue()).isEqualTo(1);
        JsonNode incarnation = json.at("/incarnations/0");
        assertThat(incarnation.at("/lastBackup/id").stringValue()).isEqualTo(newest.value());
        assertThat(incarnation.at("/lastBackup/ageSeconds").longValue()).isBetween(864_000L, 864_100L);
        assertThat(incarnation.at("/lastWal/segment").stringValue()).isEqualTo("000000020000000000000037");
        assertThat(incarnation.at("/intervals/0/timeline").intValue()).isEqualTo(2);
        assertThat(incarnation.at("/lost").size()).isZero();
        JsonNode offsite = incarnation.at("/repositories/1");
        assertThat(offsite.at("/repository").stringValue()).isEqualTo("offsite");
        assertThat(offsite.at("/lost/0/missing").stringValue()).isEqualTo("00000002000000000000002C");
        assertThat(offsite.at("/lost/0/uselessSegments").intValue()).isEqualTo(4);
        assertThat(offsite.at("/lost/0/until").isMissingNode()).isTrue();
        assertThat(json.at("/queues").size()).isZero();
    }

    @Test
    void whileARepositoryIsAwayItSaysHowTheOthersAreRestored() throws IOException {
        Files.move(root.resolve("offsite"), root.resolve("away"));

        ProgramRun status = run("status");

        assertThat(status.data())
                .startsWith("main · can be restored with --repository local, while 'offsite' does not answer; ");
        assertThat(status.talk()).contains("recover needs the others by name (--repository local). ");
    }

    @Test
    void aBackupThatCannotBeReadInARepositoryIsNotItsNewest() throws IOException {
        Path description = root.resolve("offsite/main/7312089945514410/catalog/" + second + "/backup.json");
        Files.writeString(description, "{}");

        JsonNode incarnation = json(must("status", "--json")).at("/incarnations/0");

        assertThat(incarnation.at("/repositories/0/lastBackup/id").stringValue())
                .isEqualTo(newest.value());
        assertThat(incarnation.at("/repositories/1/lastBackup/id").stringValue())
                .isNotEqualTo(second.value());
    }

    /** The spool of a host on which wal-receive could not archive, and wal-push gave up WAL. */
    @Test
    void whatOnlyThisHostHasOrGaveUpIsShown() throws IOException {
        Path spool = root.resolve("spool");
        configure("", "");
        String configuration = Files.readString(root.resolve("tidemark.toml"));
        Files.writeString(root.resolve("tidemark.toml"), "[host]\nspool = '" + spool + "'\n" + configuration);
        assertThat(must("status").data()).contains("\nNothing is queued on this host\n");

        Path received = Files.createDirectories(spool.resolve("v1/receive/main/7312089945514410"));
        for (String name : List.of(
                "00000002000000000000003D", "00000002000000000000003E", "00000002000000000000003F.open", "seam")) {
            Files.write(received.resolve(name), new byte[1 << 20]);
        }
        Files.setLastModifiedTime(received.resolve("00000002000000000000003D"), FileTime.from(ago(1)));
        GivenUpNotes.of(spool, new ClusterName("main"), SystemIdentifier.parse("7312089945514410"))
                .add(
                        new GivenUpWal(
                                WalNames.requireSegment("000000020000000000000038"),
                                WalNames.requireSegment("00000002000000000000003C"),
                                now,
                                "db1",
                                "the disk was full"),
                        WalSegmentSize.DEFAULT);

        assertThat(must("status").data())
                .contains("\nReceived on this host, not archived yet: 2 WAL files, 2.0 MiB, the oldest for 1d00h\n")
                .contains("\nDropped on this host, not archived: 000000020000000000000038 to 00000002000000000000003C;"
                        + " see: ")
                .doesNotContain("Nothing is queued");
        JsonNode json = json(must("status", "--json"));
        assertThat(json.at("/received/files").intValue()).isEqualTo(2);
        assertThat(json.at("/received/bytes").longValue()).isEqualTo(2L << 20);
        assertThat(Instant.parse(json.at("/received/oldest").stringValue())).isEqualTo(ago(1));
        assertThat(json.at("/givenUp/0/last").stringValue()).isEqualTo("00000002000000000000003C");
    }

    @Test
    void whetherWalIsReceivedOnThisHostIsShown() throws IOException {
        Path spool = root.resolve("spool");
        configure("", "");
        String configuration = Files.readString(root.resolve("tidemark.toml"));
        Files.writeString(root.resolve("tidemark.toml"), "[host]\nspool = '" + spool + "'\n" + configuration);
        assertThat(must("status").data()).doesNotContain("Receiver:");
        assertThat(json(must("status", "--json")).at("/receiver").isMissingNode())
                .isTrue();

        Path receive = Files.createDirectories(spool.resolve("v1/receive/main"));
        RunningProcess self = RunningProcess.self();
        Files.writeString(receive.resolve("lock"), "standby7\n" + self + "\n");
        assertThat(must("status").data()).contains("\nReceiver: 'standby7' is running, process " + self.pid() + "\n");

        Path received = Files.createDirectories(receive.resolve("7312089945514410"));
        for (String name : List.of("00000002000000000000003E", "00000002000000000000003F.open", "seam")) {
            Files.write(received.resolve(name), new byte[1]);
        }
        Files.setLastModifiedTime(received.resolve("00000002000000000000003E"), FileTime.from(ago(2)));
        Files.setLastModifiedTime(received.resolve("00000002000000000000003F.open"), FileTime.from(ago(1)));
        assertThat(must("status").data())
                .contains(" is running, process " + self.pid()
                        + ", the last WAL came 1d00h ago for 00000002000000000000003F\n");

        Files.writeString(receive.resolve("lock"), "standby7\n" + self.pid() + " 1\n");
        assertThat(must("status").data())
                .contains("\nReceiver: no wal-receive runs on this host; the last one was 'standby7', the last WAL"
                        + " came 1d00h ago for ");
        JsonNode json = json(must("status", "--json")).at("/receiver");
        assertThat(json.at("/name").stringValue()).isEqualTo("standby7");
        assertThat(json.at("/running").booleanValue()).isFalse();
        assertThat(json.at("/last/segment").stringValue()).isEqualTo("00000002000000000000003F");
        assertThat(Instant.parse(json.at("/last/arrived").stringValue())).isEqualTo(ago(1));
    }

    @Test
    void aHoleBeforeABackupCostsTheMomentsUpToItsEnd() throws IOException {
        Files.delete(root.resolve("local/main/7312089945514410/wal/00000002/00000000/00000002000000000000002C"));

        assertThat(must("status", "--repository", "local").data())
                .startsWith("main · can be restored; ")
                .contains("Lost on timeline 2: every moment between " + Amounts.second(ago(20)) + " and "
                        + Amounts.second(ago(10)) + " (10d00h), because 00000002000000000000002C is missing; 3 later"
                        + " segments cannot be used\n")
                .containsPattern("\nTL 2 .* \\*-+\\* +\\* ");
    }

    @Test
    void aRepositoryThatIsGoneIsNamedAndTheOtherIsShown() throws IOException {
        Files.move(root.resolve("local"), root.resolve("unmounted"));

        ProgramRun run = run("status");

        assertThat(run.status()).isEqualTo(10);
        assertThat(run.data()).contains("\noffsite ").doesNotContain("local");
        assertThat(run.talk()).contains("WARNING: 'local' is left out", "HINT: ");
    }

    @Test
    void ifNoRepositoryAnswersWhatThisHostHasIsShown() throws IOException {
        Files.move(root.resolve("local"), root.resolve("unmounted"));

        ProgramRun run = run("status", "--repository", "local");

        assertThat(run.status()).isEqualTo(10);
        assertThat(run.data()).isEqualTo("Nothing is queued on this host\n");
        assertThat(run.talk()).contains("ERROR: ", "HINT: ").doesNotContain("WARNING");
        JsonNode json = json(run("status", "--repository", "local", "--json"));
        assertThat(json.at("/queues").size()).isZero();
        assertThat(json.at("/unreadable/0/repository").stringValue()).isEqualTo("local");
    }

    @Test
    void withoutABackupItSaysWhatToDo() throws IOException {
        new DatedArchive(root.resolve("empty"), now);

        String text = must(
                        "status", "--repository", root.resolve("empty").toUri().toString())
                .data();

        assertThat(text)
                .startsWith("main · NOT FULLY PROTECTED; PostgreSQL was not asked")
                .contains("\nCRITICAL recovery         nothing can be restored\n")
                .contains(" none ", "Nothing can be restored\n")
                .containsPattern("HINT: Take a backup with: .*tidemark backup");
    }

    /** Scripts read the list as it always was. */
    @Test
    void aListOnATerminalHasThePicture() {
        assertThat(must("list-backup").data()).doesNotContain("* backup");
        assertThat(onATerminal("list-backup"))
                .containsPattern("\nTL 2 .* \\*-+\\*-+\\*-* .*\n {5}\\* backup  - can be reached\n\nID ");
        assertThat(onATerminal("list-backup", "--json")).startsWith("{").doesNotContain("TL 2");
        assertThat(onATerminal("list-backup", "--quiet")).isEmpty();
    }

    private String onATerminal(String... arguments) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        Environment environment = new Environment(
                Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString(), "COLUMNS", "100"),
                root,
                root.resolve("home"),
                root);
        try (PrintStream shown = new PrintStream(data, true, StandardCharsets.UTF_8);
                PrintStream talk = new PrintStream(PrintStream.nullOutputStream())) {
            new Program(new CommandContext(environment, Clock.systemUTC(), shown, talk, true, true)).run(arguments);
        }
        return data.toString(StandardCharsets.UTF_8);
    }
}
