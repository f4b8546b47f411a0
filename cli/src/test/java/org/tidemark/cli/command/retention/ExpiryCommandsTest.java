// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.TemporaryTree;
import tools.jackson.databind.JsonNode;

/** {@code expire} and {@code delete} on the golden repository's two backups, in it and in a copy. */
class ExpiryCommandsTest extends TwoRepositories {
    @BeforeEach
    void twoRepositories() throws IOException {
        unpackGolden();
    }

    private Set<String> files(String repository) throws IOException {
        Path directory = root.resolve(repository);
        try (Stream<Path> all = Files.walk(directory)) {
            Set<String> files = new TreeSet<>();
            all.filter(Files::isRegularFile)
                    .forEach(each -> files.add(directory.relativize(each).toString()));
            return files;
        }
    }

    private boolean has(String repository, String id) {
        return Files.exists(root.resolve(repository)
                .resolve("main/7312089945514410/catalog")
                .resolve(id)
                .resolve("backup.json"));
    }

    /** Otherwise a description that is damaged for good would stop every expiry forever. */
    @Test
    void aBackupWhoseDescriptionIsDamagedIsDeletedOnlyByNameAndForce() throws IOException {
        configure("retention = 'REDUNDANCY 1'", "");
        Path document = root.resolve("local/main/7312089945514410/catalog/" + OLDER + "/backup.json");
        Files.writeString(document, Files.readString(document).replace("full", "fool"));

        ProgramRun expiry = run("expire", "--confirm", "--repository", "local");

        assertThat(expiry.status()).isEqualTo(ExitCode.DAMAGED.status());
        assertThat(expiry.talk()).contains(OLDER, "delete --repository local ID --force");
        assertThat(run("delete", OLDER, "--repository", "local").status()).isEqualTo(ExitCode.DAMAGED.status());
        assertThat(has("local", OLDER)).isTrue();
        ProgramRun shown = must("delete", OLDER, "--repository", "local", "--force", "--dry-run");
        assertThat(shown.data()).contains("what is left of " + OLDER);
        assertThat(has("local", OLDER)).isTrue();

        must("delete", OLDER, "--repository", "local", "--force");

        assertThat(files("local"))
                .noneMatch(file -> file.contains("backup/" + OLDER + "/") || file.contains("catalog/" + OLDER + "/"))
                .anyMatch(file -> file.endsWith("dead/" + OLDER + ".json"));
        assertThat(has("local", LATEST)).isTrue();
        must("expire", "--confirm");
        must("verify", "--repository", "local");
    }

    @Test
    void aRestoreIsToldThatAnExpiryRemovedTheWal() throws IOException {
        Segment segment = (Segment) WalFile.parse("000000020000000000000020");
        try (ObjectStore store = store("local")) {
            WalArchive wal = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .wal();
            wal.gaps().noteRemoval(new RemovedWal(segment, segment, Instant.parse("2026-11-21T00:00:00Z"), "db1"));
            store.delete(List.of(wal.key(segment)));
        }

        ProgramRun plan = run(
                "recover",
                "--to",
                root.resolve("x").toString(),
                "--backup",
                OLDER,
                "--repository",
                "local",
                "--dry-run");

        assertThat(plan.status()).isEqualTo(ExitCode.NO.status());
        assertThat(plan.data())
                .contains("1 segment is not in the archive: " + segment.name())
                .contains("an expiry removed " + segment.name() + " from 'local', the last part at 2026-11-21 00:00");
    }

    /** There is no backup left to name, and the cluster has a new system identifier. */
    @Test
    void theWalOfAnOldIncarnationGoesAfterItsLastBackup() throws IOException {
        try (ObjectStore store = store("local")) {
            Repository repository = Repository.open(store, Optional.empty());
            ClusterIdentity old =
                    repository.incarnations(new ClusterName("main")).getFirst().identity();
            repository.register(
                    new ClusterIdentity(
                            old.cluster(),
                            SystemIdentifier.parse("7412089945514410"),
                            old.walSegmentSize(),
                            old.pageSize(),
                            old.postgresMajor()),
                    Clock.systemUTC());
        }
        configure("retention = 'RECOVERY WINDOW OF 30 DAYS'", "");
        must("delete", OLDER, LATEST, "--force", "--repository", "local");
        assertThat(files("local")).anyMatch(each -> each.contains("/wal/"));
        assertThat(must("expire", "--repository", "local").data()).doesNotContain("would delete");

        for (String each : files("local")) {
            Files.setLastModifiedTime(
                    root.resolve("local").resolve(each),
                    FileTime.from(Instant.now().minus(Duration.ofDays(31))));
        }
        must("expire", "--confirm", "--repository", "local");

        assertThat(files("local")).noneMatch(each -> each.contains("/wal/00") && !each.endsWith(".history"));
        assertThat(must("expire", "--repository", "local").data()).doesNotContain("would delete");
    }

    @Test
    void withoutAPolicyNothingExpires() throws IOException {
        Set<String> before = files("local");

        ProgramRun run = must("expire", "--confirm");

        assertThat(run.talk()).contains("'local' has no retention policy: nothing expires there");
        assertThat(files("local")).isEqualTo(before);
    }

    @Test
    void expireShowsWhatGoesAndDeletesOnlyWithConfirm() throws IOException {
        configure("retention = 'REDUNDANCY 1'", "retention = 'REDUNDANCY 2'");
        Set<String> before = files("local");

        ProgramRun shown = must("expire");

        assertThat(shown.data()).contains("local       " + OLDER, "'local': would delete 1 backup");
        assertThat(shown.data()).contains("'offsite': nothing is to be deleted").doesNotContain(LATEST);
        assertThat(shown.talk()).contains("nothing was deleted; to delete what is listed:", "expire --confirm");
        assertThat(must("expire", "--dry-run").data()).isEqualTo(shown.data());
        assertThat(run("expire", "--dry-run", "--confirm").status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(files("local")).isEqualTo(before);

        ProgramRun done = must("expire", "--confirm");

        assertThat(done.data()).contains("'local': deleted 1 backup");
        assertThat(has("local", OLDER)).isFalse();
        assertThat(has("local", LATEST)).isTrue();
        assertThat(has("offsite", OLDER)).isTrue();
        assertThat(files("local"))
                .noneMatch(file -> file.contains(OLDER + "/"))
                .contains("main/7312089945514410/dead/" + OLDER + ".json");
        assertThat(must("expire", "--confirm").data()).contains("'local': nothing is to be deleted");
        must("verify", "--repository", "local");
        assertThat(must("list-backup").data()).contains(OLDER, LATEST);
    }

    @Test
    void whatExpiredDoesNotComeBackBySync() throws IOException {
        configure("retention = 'REDUNDANCY 1'", "");
        must("expire", "--confirm");

        must("sync", "offsite", "local", "--quick");

        assertThat(has("local", OLDER)).isFalse();
    }

    @Test
    void theJsonOfExpireSaysWhatGoesAndWhatWent() throws IOException {
        configure("retention = 'REDUNDANCY 1'", "");

        JsonNode shown = json(must("expire", "--json"));

        assertThat(shown.at("/dryRun").booleanValue()).isTrue();
        assertThat(shown.at("/repositories/0/backups/0/id").stringValue()).isEqualTo(OLDER);
        assertThat(shown.at("/repositories/0/deleted").isMissingNode()).isTrue();
        JsonNode done = json(must("expire", "--json", "--confirm"));
        assertThat(done.at("/dryRun").booleanValue()).isFalse();
        assertThat(done.at("/repositories/0/deleted/backups/0").stringValue()).isEqualTo(OLDER);
        assertThat(done.at("/repositories/0/deleted/objects").longValue()).isPositive();
        assertThat(done.at("/repositories/1/repository").stringValue()).isEqualTo("offsite");
    }

    @Test
    void aRepositoryThatIsGoneDoesNotKeepTheOthersFromExpiry() throws IOException {
        configure("retention = 'REDUNDANCY 1'", "retention = 'REDUNDANCY 1'");
        TemporaryTree.delete(root.resolve("offsite"));

        ProgramRun run = run("expire", "--confirm");

        assertThat(run.status()).isEqualTo(10);
        assertThat(run.talk()).contains("WARNING: 'offsite' is left out");
        assertThat(has("local", OLDER)).isFalse();
    }

    @Test
    void deleteRemovesABackupFromEveryRepository() throws IOException {
        Set<String> before = files("local");

        ProgramRun shown = must("delete", OLDER, "--dry-run");

        assertThat(shown.data()).contains("'local': would delete 1 backup", "'offsite': would delete 1 backup");
        assertThat(files("local")).isEqualTo(before);

        ProgramRun done = must("delete", "oldest");

        assertThat(done.data()).contains("'local': deleted 1 backup", "'offsite': deleted 1 backup");
        assertThat(has("local", OLDER) || has("offsite", OLDER)).isFalse();
        assertThat(must("list-backup").data()).contains(LATEST).doesNotContain(OLDER + " ");
        ProgramRun again = run("delete", OLDER);
        assertThat(again.status()).isEqualTo(50);
    }

    @Test
    void deleteSaysThatAnotherRepositoryMayLackTheBackup() throws IOException {
        assertThat(must("delete", "retain", "1", "--repository", "local", "--dry-run")
                        .talk())
                .doesNotContain("may not have a copy");
        TemporaryTree.delete(root.resolve("offsite"));

        ProgramRun shown = must("delete", "retain", "1", "--repository", "local", "--dry-run");

        assertThat(shown.talk())
                .contains("backup '" + OLDER + "' would be deleted, but the policy of 'offsite' keeps it", "run: ");
        assertThat(must("delete", OLDER, "--repository", "local").talk())
                .contains("backup '" + OLDER + "' was to be deleted, but the policy of 'offsite' keeps it");
        assertThat(has("local", OLDER)).isFalse();
    }

    /** The printed line, carried out by a shell, deletes exactly what was listed. */
    @Test
    void theLineThatADryRunPrintsDeletesWhatWasListed() throws IOException {
        Set<String> local = files("local");

        ProgramRun shown = must("delete", "retain", "1", "--repository", "offsite", "--dry-run");

        List<String> printed = printedWords(shown);
        assertThat(printed)
                .containsSequence("--repository", "offsite")
                .contains(OLDER)
                .doesNotContain("retain");
        assertThat(shown.talk()).contains("# needs these variables of the current environment: TIDEMARK_CONFIG");
        must(printed.toArray(String[]::new));
        assertThat(files("local")).isEqualTo(local);
        assertThat(has("offsite", OLDER)).isFalse();
    }

    @Test
    void thePrintedLineNamesWhatIsListedAndKeepsForce() throws IOException {
        ProgramRun before = must("delete", "before", "2027-01-01 00:00:00Z", "--dry-run", "--force");
        ProgramRun named = must(
                "delete", LATEST, OLDER, "--force", "--dry-run", "--repository", "local", "--repository", "offsite");

        assertThat(printedWords(before)).containsExactly("delete", OLDER, "--force");
        assertThat(printedWords(named))
                .containsExactly(
                        "delete", "--repository", "local", "--repository", "offsite", LATEST, OLDER, "--force");
    }

    /** The words, as a shell reads them, of the line that deletes what was listed. */
    private static List<String> printedWords(ProgramRun dryRun) throws IOException {
        String line = dryRun.talk()
                .lines()
                .filter(each -> each.contains("to delete what is listed: "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(dryRun.data() + dryRun.talk()));
        String command = line.substring(line.indexOf("tidemark "));
        Process shell = new ProcessBuilder("sh", "-c", "tidemark() { printf '%s\\n' \"$@\"; }; " + command).start();
        try (var words = shell.inputReader()) {
            return words.lines().toList();
        }
    }

    @Test
    void deleteLimitedToOneRepositoryLeavesTheOther() {
        must("delete", OLDER, "--repository", "offsite");

        assertThat(has("local", OLDER)).isTrue();
        assertThat(has("offsite", OLDER)).isFalse();
    }

    @Test
    void whatOneRepositoryKeepsIsDeletedFromNone() {
        must("keep", OLDER, "--repository", "offsite");

        ProgramRun run = run("delete", OLDER);

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.talk())
                .contains("ERROR: 'offsite': backup '" + OLDER + "' is not deleted: it is kept", "--release");
        assertThat(has("local", OLDER)).isTrue();
        must("keep", OLDER, "--release");
        must("delete", OLDER);
        assertThat(has("local", OLDER) || has("offsite", OLDER)).isFalse();
    }

    /** A keep is not copied, so another repository knows nothing of it. */
    @Test
    void whatOneRepositoryKeepsStaysInAllWhereATimeOrANumberNamesIt() {
        must("keep", OLDER, "--repository", "local");

        must("delete", "before", "2027-01-01 00:00:00Z");
        must("delete", "retain", "1");

        assertThat(has("local", OLDER)).isTrue();
        assertThat(has("offsite", OLDER)).isTrue();
        must("delete", "retain", "1", "--repository", "offsite");
        assertThat(has("offsite", OLDER)).isFalse();
    }

    @Test
    void theLastBackupIsDeletedOnlyByForce() throws IOException {
        configure("minimum-redundancy = 2", "");

        ProgramRun refused = run("delete", OLDER);

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.talk())
                .contains("only 1 usable backup would be left, and minimum-redundancy is 2", "--force");
        must("delete", OLDER, "--force");
        assertThat(run("delete", LATEST).status()).isEqualTo(1);
        must("delete", LATEST, "--force");
        assertThat(has("local", LATEST) || has("offsite", LATEST)).isFalse();
    }

    @Test
    void deleteBeforeAndRetainGoByAge() {
        assertThat(must("delete", "before", "2026-01-01 00:00:00Z").data()).contains("nothing is to be deleted");
        assertThat(must("delete", "before", OLDER, "--dry-run").data()).contains("nothing is to be deleted");
        assertThat(must("delete", "retain", "2").data()).contains("nothing is to be deleted");
        assertThat(must("delete", "retain", "1").data()).contains("'offsite': deleted 1 backup");
        assertThat(has("local", OLDER) || has("offsite", OLDER)).isFalse();
        assertThat(has("local", LATEST) && has("offsite", LATEST)).isTrue();
    }

    @Test
    void deleteByAgeLeavesTheNewestBackupEvenByForce() throws IOException {
        configure("minimum-redundancy = 2", "");

        assertThat(must("delete", "retain", "1").data()).contains("nothing is to be deleted");
        must("delete", "retain", "1", "--force");
        assertThat(has("local", OLDER) || has("offsite", OLDER)).isFalse();
        assertThat(must("delete", "before", "2099-01-01 00:00:00Z", "--force").data())
                .contains("nothing is to be deleted");
        assertThat(has("local", LATEST) && has("offsite", LATEST)).isTrue();
    }

    @Test
    void wrongUsageDeletesNothing() {
        for (String[] words : new String[][] {
            {"delete"},
            {"delete", "before"},
            {"delete", "before", "2026-01-01 00:00:00"},
            {"delete", "retain", "0"},
            {"delete", "retain", "many"},
            {"delete", "before", OLDER, LATEST}
        }) {
            ProgramRun run = run(words);
            assertThat(run.status()).as(String.join(" ", words)).isEqualTo(2);
        }
        assertThat(run("delete", "nothing-of-this-name").status()).isEqualTo(50);
        assertThat(has("local", OLDER) && has("local", LATEST)).isTrue();
    }
}
