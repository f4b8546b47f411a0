// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.Amounts;
import tools.jackson.databind.JsonNode;

/** Backups of 30, 20, 10 and 1 days ago, with all WAL since the first, in two repositories. */
class RetentionCommandTest extends TwoRepositories {
    private static final int[] AGES = {30, 20, 10, 1};

    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final List<BackupId> ids = new ArrayList<>();
    private @Nullable DatedArchive offsite;

    @BeforeEach
    void twoRepositories() throws IOException {
        for (String name : List.of("local", "offsite")) {
            DatedArchive archive = new DatedArchive(root.resolve(name), now);
            offsite = archive;
            ids.clear();
            for (int i = 0; i < AGES.length; i++) {
                ids.add(archive.backup(AGES[i], 0x20 + 8 * i));
                archive.wal(0x20 + 8 * i, 0x27 + 8 * i, AGES[i]);
            }
        }
        configure("retention = 'RECOVERY WINDOW OF 15 DAYS'", "retention = 'REDUNDANCY 1'");
    }

    private List<Path> stored() throws IOException {
        List<Path> stored = new ArrayList<>();
        for (String name : List.of("local", "offsite")) {
            try (Stream<Path> files = Files.walk(root.resolve(name))) {
                stored.addAll(files.filter(Files::isRegularFile).sorted().toList());
            }
        }
        return stored;
    }

    private static String hour(Instant time) {
        return Amounts.second(time).substring(0, 13);
    }

    @Test
    void eachRepositoryIsPlannedByItsOwnPolicyAndSaysWhy() throws IOException {
        must("keep", "oldest", "--repository", "offsite", "--target", "standalone");
        List<Path> before = stored();
        ProgramRun run = must("retention");

        // The hour, which may end while the command runs.
        String window = "(" + hour(now.minus(Duration.ofDays(15))) + "|"
                + hour(Instant.now().minus(Duration.ofDays(15))) + ")";
        String[] parts = run.data().split("(?=main · )", -1);
        assertThat(parts[0])
                .contains(
                        "· repository local\npolicy RECOVERY WINDOW OF 15 DAYS; minimum redundancy 1; WAL as backups\n")
                .containsPattern("\n" + ids.get(3) + " .* stays +in the recovery window, which begins at " + window)
                .containsPattern("\n" + ids.get(1) + " .* until "
                        + Amounts.minute(now.plus(Duration.ofDays(5))) + " +the recovery window begins at " + window
                        + ".*, and timeline 2 is recovered from this backup")
                .containsPattern("\n" + ids.getFirst() + " .* goes +no rule keeps it\n")
                .containsPattern("\n 2  0{7}20{14}20  0{7}20{14}27 +8 .* goes +no backup that stays needs it\n")
                .containsPattern("\n 2  0{7}20{14}28  0{7}20{14}3F +24 .* stays +a backup that stays is recovered")
                .contains("\nstays: 3 backups, ", "\ngoes:  1 backup and 8 segments, about ")
                .containsPattern("\nto delete what goes: .*tidemark expire --confirm\n");
        assertThat(parts[1])
                .contains("· repository offsite\npolicy REDUNDANCY 1; ")
                .containsPattern(
                        "\n" + ids.get(3) + " .* for 1 more +the newest backup on the path to timeline 2; minimum-")
                .containsPattern("\n" + ids.get(2) + " .* goes +no rule")
                .containsPattern("\n" + ids.getFirst() + " .* stays +kept; without the WAL after it\n")
                .containsPattern("\n 2  0{7}20{14}20  0{7}20{14}20 +1 .* stays ")
                .containsPattern("\n 2  0{7}20{14}21  0{7}20{14}37 +23 .* goes ")
                .contains("from 'offsite' alone, after:\n  Any moment of these intervals can be reached:\n    from "
                        + Amounts.second(now.minus(Duration.ofDays(30)))
                        + " to the end of 000000020000000000000020 (stored ");
        assertThat(stored()).isEqualTo(before);
    }

    @Test
    void withoutAPolicyNothingGoesAndTheHintShowsHowToTryOne() throws IOException {
        configure("", "minimum-redundancy = 2");
        ProgramRun run = must("retention", "--repository", "local");

        assertThat(run.data())
                .contains(
                        "no retention policy: nothing expires\n", "[repository.local]: retention = ", "nothing goes\n")
                .doesNotContain("goes ")
                .contains("tidemark retention --repository local --with 'RECOVERY WINDOW OF 30 DAYS'");
        assertThat(json(must("retention", "--json"))
                        .at("/repositories/1/minimumRedundancy")
                        .intValue())
                .isEqualTo(2);
    }

    @Test
    void anotherPolicyIsTriedWithoutBeingConfigured() throws IOException {
        configure("", "keep = 'monthly 12'\nretention = 'REDUNDANCY 4'");
        ProgramRun run = must("retention", "--with", "recovery window of 5 days");

        String from = "Any moment from ";
        String[] parts = run.data().split("(?=main · )", -1);
        assertThat(parts[0])
                .contains("policy RECOVERY WINDOW OF 5 DAYS (given by --with); minimum redundancy 1; WAL as backups\n")
                .contains("goes:  2 backups and 16 segments")
                .doesNotContain("expire")
                .contains("from 'local' alone, before:\n  " + from + Amounts.second(now.minus(Duration.ofDays(30))))
                .contains("from 'local' alone, after:\n  " + from + Amounts.second(now.minus(Duration.ofDays(10))));
        assertThat(parts[1]).contains("(given by --with); minimum redundancy 1; WAL as backups; keep monthly 12\n");

        JsonNode local =
                json(must("retention", "--json", "--with", "REDUNDANCY 2")).at("/repositories/0");
        assertThat(local.at("/policy").stringValue()).isEqualTo("REDUNDANCY 2");
        assertThat(local.at("/backups/0/id").stringValue()).isEqualTo(ids.get(3).value());
        assertThat(local.at("/backups/0/reasons/0/rule").stringValue()).isEqualTo("AMONG_NEWEST");
        assertThat(local.at("/backups/3/stays").booleanValue()).isFalse();
        assertThat(local.at("/wal/0/stays").booleanValue()).isFalse();
        assertThat(local.at("/wal/0/segments").intValue()).isEqualTo(16);
        assertThat(local.at("/leaving/backups").intValue()).isEqualTo(2);
        assertThat(local.at("/staying/segments").intValue()).isEqualTo(16);
        assertThat(local.at("/before/intervals/0/backup").stringValue())
                .isEqualTo(ids.getFirst().value());
        assertThat(local.at("/after/intervals/0/backup").stringValue())
                .isEqualTo(ids.get(2).value());
    }

    @Test
    void aRepositoryThatIsGoneIsNamedAndTheOthersAreShown() throws IOException {
        Files.move(root.resolve("local"), root.resolve("unmounted"));

        ProgramRun run = run("retention");

        assertThat(run.status()).isEqualTo(10);
        assertThat(run.data())
                .contains("repository offsite", "goes:  1 backup and")
                .containsPattern("stays +'local' may lack it")
                .doesNotContain("repository local");
        assertThat(run.talk()).contains("WARNING: 'local' is left out", "HINT: ");
        assertThat(json(run("retention", "--json"))
                        .at("/unreadable/0/repository")
                        .stringValue())
                .isEqualTo("local");
    }

    @Test
    void whatCannotBeReadIsAProblemAndWhatNeverEndedIsShown() throws IOException {
        Path local = root.resolve("local/main/7312089945514410/catalog");
        Files.writeString(local.resolve(ids.get(2).value()).resolve("backup.json"), "{}");
        Files.createDirectories(local.resolve("20990101T000000Z"));
        Files.writeString(local.resolve("20990101T000000Z/intent.json"), "{}");

        ProgramRun run = must("retention", "--repository", "local");

        assertThat(run.data())
                .contains(
                        "PROBLEM: nothing can be removed while a part of the catalog cannot be read: the description of"
                                + " backup '" + ids.get(2) + "'")
                .contains("HINT: See what is damaged with: ", "verify --all")
                .contains(
                        "20990101T000000Z is not complete (its newest object was stored at ",
                        "it may still be completed");
        JsonNode json =
                json(must("retention", "--repository", "local", "--json")).at("/repositories/0");
        assertThat(json.at("/problems")).hasSize(1);
        assertThat(json.at("/unfinished/0/stays").booleanValue()).isTrue();
    }

    @Test
    void theListOfBackupsSaysWhichRepositoryHasHowMuchWal() throws IOException {
        assertThat(must("list-backup").data())
                .containsPattern("\n4 backups, .*; WAL [0-9.,]+ [^ ]+ in each repository");
        Path lost;
        try (Stream<Path> files = Files.walk(root.resolve("offsite"))) {
            lost = files.filter(file -> String.valueOf(file.getFileName()).matches("[0-9A-F]{24}"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.delete(lost);

        assertThat(run("list-backup").data())
                .containsPattern("\n4 backups, .*; WAL [0-9.,]+ [^ ]+ in 'local', [0-9.,]+ [^ ]+ in 'offsite'");
    }

    @Test
    void theListOfBackupsSaysWhenEachGoes() throws IOException {
        ProgramRun run = must("list-backup");

        assertThat(run.data())
                .containsPattern("\n" + ids.getFirst() + " .* local offsite +due to go\n")
                .containsPattern("\n" + ids.get(1) + " .* local: goes "
                        + Amounts.minute(now.plus(Duration.ofDays(5))).substring(0, 10) + "; offsite: due to go\n")
                .containsPattern("\n" + ids.get(3) + " .* local offsite +offsite: goes after 1 more backup\n")
                .containsPattern("\n4 backups, .* in each repository. Why each stays or goes: .*tidemark retention\n");
        JsonNode retention = json(must("list-backup", "--json")).at("/backups/2/retention");
        assertThat(retention.at("/0/stays").booleanValue()).isTrue();
        assertThat(retention.at("/0/goes").stringValue())
                .startsWith(now.plus(Duration.ofDays(5)).toString().substring(0, 10));
        assertThat(retention.at("/1/stays").booleanValue()).isFalse();

        configure("", "");
        assertThat(must("list-backup").data()).doesNotContain("goes", " go");
        assertThat(json(must("list-backup", "--json")).at("/backups/2/retention"))
                .isEmpty();
    }

    private List<String> found(String subject) {
        List<String> found = new ArrayList<>();
        for (JsonNode each : json(run("check", "--json")).at("/findings")) {
            if (each.at("/subject").stringValue().equals(subject)) {
                found.add(each.at("/severity").stringValue() + " "
                        + each.at("/message").stringValue());
            }
        }
        return found;
    }

    @Test
    void checkSaysWhatThePolicyDoesAndWarnsOfTooFewBackups() throws IOException {
        assertThat(found("retention"))
                .containsExactlyInAnyOrder(
                        "WARNING 'local' still has 1 backup that expired by RECOVERY WINDOW OF 15 DAYS more than a"
                                + " day ago",
                        "WARNING 'offsite' still has 3 backups that expired by REDUNDANCY 1 more than a day ago");
        configure("retention = 'RECOVERY WINDOW OF 25 DAYS'", "retention = 'REDUNDANCY 4'");
        Objects.requireNonNull(offsite).backup(0, 0x40);
        offsite.wal(0x40, 0x40, 0);
        assertThat(found("retention"))
                .containsExactlyInAnyOrder(
                        "OK 'local' has RECOVERY WINDOW OF 25 DAYS: 4 backups stay",
                        "OK 'offsite' has REDUNDANCY 4: 4 backups stay, 1 can go");
        configure("", "minimum-redundancy = 6");
        assertThat(found("retention"))
                .containsExactlyInAnyOrder(
                        "OK this host has no retention policy for 'local': it deletes nothing there",
                        "WARNING 'offsite' has 5 usable backups; its minimum-redundancy is 6");
    }

    @Test
    void whatARepositoryThatIsAwayAwaitsIsNeitherOverdueNorDueToGo() throws IOException {
        configure("retention = 'RECOVERY WINDOW OF 15 DAYS'", "retention = 'REDUNDANCY 4'");
        Files.move(root.resolve("offsite"), root.resolve("unmounted"));

        assertThat(found("retention")).containsExactly("OK 'local' has RECOVERY WINDOW OF 15 DAYS: 4 backups stay");
        assertThat(found("awaited"))
                .singleElement()
                .asString()
                .matches("WARNING 'local' keeps 1 backup, which ended " + Amounts.second(now.minus(Duration.ofDays(30)))
                        + ", and 8 segments, about .*, only for 'offsite', which does not answer and may lack them");
        assertThat(run("list-backup").data())
                .doesNotContain("due to go")
                .containsPattern("\n" + ids.getFirst() + " .* complete .* local +'offsite' may lack it\n");
        assertThat(run("show-backup", "oldest").data())
                .as("delete leaves the WAL that is awaited")
                .contains(" in 'local' if it is deleted, with 0 WAL segments");
    }

    @Test
    void whatARepositoryThatAnswersLacksIsAwaitedEvenIfOnlyTheOtherIsAsked() throws IOException {
        configure("retention = 'RECOVERY WINDOW OF 15 DAYS'", "retention = 'REDUNDANCY 4'");
        Files.delete(root.resolve("offsite/main/7312089945514410/catalog/" + ids.getFirst() + "/backup.json"));

        assertThat(found("retention")).contains("OK 'local' has RECOVERY WINDOW OF 15 DAYS: 4 backups stay");
        assertThat(found("awaited"))
                .singleElement()
                .asString()
                .startsWith("WARNING 'local' keeps 1 backup, which ended ")
                .endsWith(" only for 'offsite', which lacks them");
        assertThat(must("list-backup", "--repository", "local").data()).doesNotContain("due to go");
        assertThat(run("check", "--repository", "local").data()).contains("only for 'offsite'");
        configure("retention = 'RECOVERY WINDOW OF 15 DAYS'", "retention = 'REDUNDANCY 3'");
        assertThat(found("awaited")).isEmpty();
        assertThat(found("retention")).anyMatch(each -> each.startsWith("WARNING 'local' still has 1 backup"));
    }

    @Test
    void checkNamesAnUnfinishedBackupThatIsDatedInTheFuture() throws IOException {
        Path left = root.resolve("local/main/7312089945514410/catalog/20260101T000000Z/intent.json");
        Files.createDirectories(left.getParent());
        Files.writeString(left, "{}");
        assertThat(found("clock")).isEmpty();

        Instant ahead = now.plus(Duration.ofDays(300));
        Files.setLastModifiedTime(left, FileTime.from(ahead));

        assertThat(found("clock"))
                .containsExactly("WARNING unfinished backup 20260101T000000Z in 'local' is dated "
                        + Amounts.second(ahead) + ", which is in the future");
    }

    @Test
    void aRepositoryThatWasTakenOutOfTheClusterAwaitsNothing() throws IOException {
        configure("retention = 'RECOVERY WINDOW OF 15 DAYS'", "retention = 'REDUNDANCY 4'");
        Files.move(root.resolve("offsite"), root.resolve("unmounted"));
        assertThat(must("expire", "--repository", "local").data()).doesNotContain("would delete");

        Path toml = root.resolve("tidemark.toml");
        Files.writeString(toml, Files.readString(toml).replace("['local', 'offsite']", "['local']"));

        assertThat(found("awaited")).isEmpty();
        assertThat(must("expire").data()).contains("'local': would delete 1 backup and 8 segments");
        must("expire", "--confirm");
        assertThat(must("list-backup").data()).doesNotContain(ids.getFirst().value());
    }

    @Test
    void checkSaysNothingOfRetentionWhereItCannotTellWhatIsKept() throws IOException {
        Path marks = root.resolve("local/main/7312089945514410/mark");
        Files.createSymbolicLink(marks, marks);

        assertThat(found("retention")).singleElement().asString().contains("'offsite'");
        assertThat(found("damage")).singleElement().asString().startsWith("WARNING the results of verify in 'local'");
    }

    @Test
    void whatExpiryRemovedIsNotMissingInARepository() throws IOException {
        Objects.requireNonNull(offsite).remove(ids.getFirst());
        assertThat(found("backups")).isEmpty();

        Files.delete(root.resolve("offsite/main/7312089945514410/catalog/" + ids.get(1) + "/backup.json"));
        assertThat(found("backups"))
                .containsExactly("WARNING 'offsite' lacks backup " + ids.get(1) + " that another repository has");
    }

    /** Its policy does not keep that backup, and sync would not copy it. */
    @Test
    void noCopyIsAdvisedOfABackupWhoseWalAnExpiryHasRemoved() throws IOException {
        Path documents = root.resolve("offsite/main/7312089945514410/catalog/" + ids.get(1));
        try (Stream<Path> files = Files.list(documents)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        assertThat(found("backups"))
                .containsExactly("WARNING 'offsite' lacks backup " + ids.get(1) + " that another repository has");

        must("expire", "--confirm", "--repository", "offsite");

        assertThat(found("backups")).isEmpty();
    }

    @Test
    void aPolicyThatIsNoneEndsWithTwo() {
        ProgramRun run = run("retention", "--with", "30 days");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.data()).isEmpty();
        assertThat(run.talk())
                .contains("ERROR: --with cannot be '30 days'", "HINT: Expected REDUNDANCY n, or RECOVERY");
    }
}
