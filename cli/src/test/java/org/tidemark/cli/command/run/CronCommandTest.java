// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.TemporaryTree;
import tools.jackson.databind.JsonNode;

/** {@code cron} on the golden repository's two backups; nothing that needs a server is due. */
class CronCommandTest extends TwoRepositories {
    private static final String RUNS = "main/7312089945514410/run";

    /** Half a day ago, so that no other time comes while a test runs. */
    private final String nightly =
            "0 " + OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour() + " * * *";

    @BeforeEach
    void twoRepositories() throws IOException {
        unpackGolden();
    }

    private void schedule(String local, String offsite, String... keys) throws IOException {
        configure(local, offsite);
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml")) + "[cluster.main.schedule]\n" + String.join("\n", keys)
                        + "\n");
    }

    private List<String> attempts(String repository, String task) throws IOException {
        Path folder = root.resolve(repository).resolve(RUNS).resolve(task);
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(each -> each.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    private boolean has(String repository, String id) {
        return Files.exists(root.resolve(repository).resolve("main/7312089945514410/catalog/" + id + "/backup.json"));
    }

    @Test
    void whatIsDueIsDoneOnceAndASecondCallIsSilent() throws IOException {
        schedule("retention = 'REDUNDANCY 1'", "", "expire = '" + nightly + "'", "verify = '" + nightly + "'");

        ProgramRun first = must("cron");

        assertThat(first.data()).isEmpty();
        assertThat(first.talk()).contains("cluster 'main': 'local': deleted 1 backup", "by policy REDUNDANCY 1");
        assertThat(has("local", OLDER)).isFalse();
        assertThat(has("local", LATEST)).isTrue();
        assertThat(has("offsite", OLDER)).isTrue();
        assertThat(attempts("local", "expire")).containsExactly("00000001-ended.json", "00000001.json");
        assertThat(attempts("offsite", "expire")).isEmpty();
        assertThat(attempts("local", "verify")).hasSize(2);
        assertThat(attempts("offsite", "verify")).hasSize(2);
        ProgramRun second = must("cron");
        assertThat(second.data() + second.talk()).isEmpty();
        assertThat(attempts("local", "verify")).hasSize(2);
        must("verify", "--all");
    }

    /** Otherwise a clock that jumps ahead makes everything due at once. */
    @Test
    void nothingIsDeletedWhereNothingHappenedForAWeekUntilAnOperatorExpires() throws IOException {
        schedule("retention = 'REDUNDANCY 1'", "retention = 'REDUNDANCY 1'", "expire = '" + nightly + "'");
        age("local", 8);
        age("offsite", 6);

        ProgramRun refused = run("cron");

        assertThat(refused.status()).isEqualTo(ExitCode.NO.status());
        assertThat(refused.talk())
                .contains("nothing is deleted from 'local'", "expire", "--confirm", "--repository local")
                .doesNotContain("nothing is deleted from 'offsite'");
        assertThat(has("local", OLDER)).isTrue();
        assertThat(has("offsite", OLDER)).isFalse();
        assertThat(found("schedule")).anyMatch(each -> each.contains("'local'") && each.startsWith("WARNING"));

        must("expire", "--confirm", "--repository", "local");

        assertThat(has("local", OLDER)).isFalse();
    }

    /** It would stand for every backup until then. */
    @Test
    void aBackupThatIsDatedAheadStandsForNoOther() throws IOException {
        TemporaryTree.delete(root.resolve("local"));
        DatedArchive local = new DatedArchive(root.resolve("local"), Instant.now());
        local.backup(-40, 0x20);
        schedule("", "", "backup = '" + nightly + "'");

        assertThat(must("cron", "--dry-run").data()).containsPattern("main +backup .*due since");
        assertThat(found("backup")).anyMatch(each -> each.contains("which is dated in the future"));

        local.backup(1, 0x28);
        assertThat(found("backup")).anyMatch(each -> each.contains("1d00h old"));
    }

    /** The server is gone, and cron has watched it go. */
    @Test
    void anExpiryThatCronDidLastWeekIsEnough() throws IOException {
        schedule("retention = 'REDUNDANCY 2'", "", "expire = '" + nightly + "'");
        must("cron");
        age("local", 8);
        TemporaryTree.delete(root.resolve("home"));
        try (Stream<Path> runs = Files.list(root.resolve("local").resolve(RUNS).resolve("expire"))) {
            for (Path run : runs.toList()) {
                Path earlier = Files.move(run, run.resolveSibling("20261101T000000Z"));
                Files.setLastModifiedTime(
                        earlier.resolve("00000001-ended.json"),
                        FileTime.from(Instant.now().minus(Duration.ofDays(3))));
            }
        }
        schedule("retention = 'REDUNDANCY 1'", "", "expire = '" + nightly + "'");

        must("cron");

        assertThat(has("local", OLDER)).isFalse();
    }

    private void age(String repository, int days) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve(repository).resolve("main/7312089945514410/wal"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(days))));
            }
        }
    }

    /** As if the repository had been full when the backup was taken. */
    private void lose(String repository, String id) throws IOException {
        Path incarnation = root.resolve(repository).resolve("main/7312089945514410");
        TemporaryTree.delete(incarnation.resolve("catalog/" + id));
        TemporaryTree.delete(incarnation.resolve("backup/" + id));
    }

    private void registered(String repository, Instant at) throws IOException {
        Files.setLastModifiedTime(
                root.resolve(repository).resolve("main/7312089945514410/cluster.json"), FileTime.from(at));
    }

    @Test
    void aBackupThatARepositoryMissedIsCopiedToIt() throws IOException {
        schedule("", "", "verify = 'never'", "expire = 'never'");
        lose("offsite", LATEST);
        registered("offsite", Instant.EPOCH);

        ProgramRun copied = must("cron");

        assertThat(copied.talk()).contains("backup " + LATEST + " is complete in 'offsite' as well");
        assertThat(has("offsite", LATEST)).isTrue();
        must("verify", "--all", "--repository", "offsite");
        assertThat(must("cron").talk()).isEmpty();
    }

    /** What is older than a new repository is copied when the operator says so; what was deleted stays deleted. */
    @Test
    void noBackupIsCopiedThatIsOlderThanTheRepositoryOrWasDeletedThere() throws IOException {
        schedule("", "", "verify = 'never'", "expire = 'never'");
        lose("offsite", LATEST);
        registered("local", Instant.EPOCH);
        must("delete", OLDER, "--repository", "local");

        assertThat(must("cron").talk()).isEmpty();

        assertThat(has("offsite", LATEST)).isFalse();
        assertThat(has("local", OLDER)).isFalse();
        assertThat(has("offsite", OLDER)).isTrue();
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
    void aHostWithoutAnyMemoryAsksTheRepository() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        must("cron");
        TemporaryTree.delete(root.resolve("home"));

        must("cron");

        assertThat(attempts("local", "verify")).hasSize(2);
    }

    /** Otherwise nothing would be done in the new one until the next time of the schedule. */
    @Test
    void whatIsRememberedIsAboutOneRepositoryWhateverItsName() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        must("cron");
        Path other = Files.createDirectory(root.resolve("other"));
        try (ObjectStore from = store("local");
                ObjectStore to = store("other")) {
            ClusterIdentity identity = Repository.open(from, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .identity();
            Repository.create(to, Clock.systemUTC()).register(identity, Clock.systemUTC());
        }
        Path toml = root.resolve("tidemark.toml");
        Files.writeString(
                toml,
                Files.readString(toml)
                        .replace(
                                root.resolve("offsite").toUri().toString(),
                                other.toUri().toString()));
        must("sync", "local", "offsite", "--quick");

        must("cron");

        assertThat(attempts("other", "verify")).hasSize(2);
    }

    /** A bucket that the store replicates, or a directory that was copied, has the id of the first one. */
    @Test
    void whatIsDoneInARepositoryIsNotDoneInItsCopy() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        TemporaryTree.delete(root.resolve("home"));
        TemporaryTree.delete(root.resolve("offsite"));
        TemporaryTree.copy(root.resolve("local"), root.resolve("offsite"));
        must("cron");

        must("cron");

        assertThat(attempts("local", "verify")).hasSize(2);
        assertThat(attempts("offsite", "verify")).hasSize(2);
    }

    @Test
    void ofSeveralHostsOneDoesATask() throws Exception {
        // While one host still reads the newest backup, the expiry of another one keeps what was read before.
        must("verify", "--all");
        schedule("retention = 'REDUNDANCY 1'", "", "expire = '" + nightly + "'", "verify = '" + nightly + "'");
        List<Callable<ProgramRun>> hosts = new ArrayList<>();
        IntStream.range(0, 4)
                .forEach(host -> hosts.add(() -> ProgramRun.of(
                        Files.createDirectories(root.resolve("host" + host)),
                        Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString()),
                        "cron")));

        List<ProgramRun> runs = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(hosts.size())) {
            for (Future<ProgramRun> each : threads.invokeAll(hosts)) {
                runs.add(each.get());
            }
        }

        assertThat(runs)
                .allSatisfy(run -> assertThat(run.status()).as(run.talk()).isZero());
        assertThat(runs.stream().filter(run -> run.talk().contains("deleted 1 backup")))
                .hasSize(1);
        assertThat(attempts("local", "expire")).hasSize(2);
        assertThat(attempts("local", "verify")).hasSize(2);
    }

    /** Otherwise the repository would not be verified tomorrow. */
    @Test
    void aHostWhoseClockIsAheadDoesNotDoTheWorkOfTomorrow() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        must("cron");
        Clock ahead = Clock.offset(Clock.systemUTC(), Duration.ofDays(1));
        Map<String, String> variables =
                Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString());

        ProgramRun run = ProgramRun.of(root, ahead, variables, "cron");

        assertThat(run.status()).isEqualTo(ExitCode.NO.status());
        assertThat(run.talk())
                .containsPattern("the verify was due at .* by the clock of this host, but that of .*local.* says ");
        assertThat(attempts("local", "verify")).hasSize(2);
        ProgramRun again = ProgramRun.of(root, ahead, variables, "cron");
        assertThat(again.status()).isEqualTo(ExitCode.NO.status());
        assertThat(again.talk()).isEmpty();
    }

    @Test
    void aDryRunShowsEachTaskAndDoesNothing() throws IOException {
        schedule("retention = 'REDUNDANCY 1'", "", "verify = 'never'", "backup = '" + nightly + "'");

        ProgramRun shown = must("cron", "--dry-run");

        assertThat(shown.data())
                .containsPattern("main +backup +all +0 [0-9]+ \\* \\* \\* UTC +due since .*:00 ")
                .containsPattern("main +expire +local +47 4 \\* \\* \\* UTC +due since .* 04:47 ")
                .containsPattern("main +verify +offsite +never +not due +-")
                .doesNotContainPattern("expire +offsite");
        assertThat(attempts("local", "expire")).isEmpty();
        assertThat(has("local", OLDER)).isTrue();
        JsonNode json = json(must("cron", "--dry-run", "--json"));
        assertThat(json.at("/clusters/0/cluster").stringValue()).isEqualTo("main");
        assertThat(json.at("/clusters/0/tasks/0/task").stringValue()).isEqualTo("backup");
        assertThat(json.at("/clusters/0/tasks/0/state").stringValue()).isEqualTo("due");
    }

    /** Each minute's call fails, and one mail an hour says so. */
    @Test
    void aRepositoryThatIsGoneIsToldOnceAndDoesNotKeepTheOtherFromItsTasks() throws IOException {
        schedule("retention = 'REDUNDANCY 1'", "", "expire = '" + nightly + "'", "verify = '" + nightly + "'");
        Files.move(root.resolve("offsite"), root.resolve("away"));

        ProgramRun first = run("cron");

        assertThat(first.status()).isEqualTo(10);
        assertThat(first.talk()).contains("ERROR: cluster 'main': verify in 'offsite': ");
        // It may be the last copy: nobody knows what the other repository lacks.
        assertThat(has("local", OLDER)).isTrue();
        ProgramRun second = run("cron");
        assertThat(second.status()).isEqualTo(10);
        assertThat(second.talk()).isEmpty();
        Files.move(root.resolve("away"), root.resolve("offsite"));
        ProgramRun third = must("cron");
        assertThat(third.talk()).contains("'offsite': verified ");
        must("expire", "--repository", "local", "--confirm");
        assertThat(has("local", OLDER)).isFalse();
        assertThat(attempts("offsite", "verify")).hasSize(2);
    }

    @Test
    void aBackupThatCannotBeTakenIsTriedAgainLaterAndSaysWhy() throws IOException {
        schedule("", "", "verify = 'never'", "backup = '" + nightly + "'");
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml"))
                        .replace("[cluster.main]", "[cluster.main]\nconninfo = 'host=/nowhere'"));

        ProgramRun failed = run("cron");

        assertThat(failed.status()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE.status());
        assertThat(failed.talk()).contains("ERROR: cluster 'main': backup:", "/nowhere");
        assertThat(attempts("local", "backup")).containsExactly("00000001-ended.json", "00000001.json");
        assertThat(must("cron", "--dry-run").data()).containsPattern("backup +all .* failed, next attempt at ");
        assertThat(must("cron").talk()).isEmpty();
        assertThat(attempts("local", "backup")).hasSize(2);
    }

    @Test
    void whatWasDueBeforeTheClusterWasRegisteredIsNoFinding() throws IOException {
        schedule("", "", "verify = 'never'", "backup = '" + nightly + "'");

        assertThat(run("check").data()).contains("main · ").doesNotContain("the backup that was due at");
    }

    @Test
    void checkSaysWhatWasDueAndDidNotHappen() throws IOException {
        schedule("", "", "verify = '" + nightly + "'", "backup = '" + nightly + "'");
        registeredDaysAgo();
        Files.writeString(
                root.resolve("tidemark.toml"),
                Files.readString(root.resolve("tidemark.toml"))
                        .replace("[cluster.main]", "[cluster.main]\nconninfo = 'host=/nowhere'"));

        assertThat(run("check").data())
                .containsPattern("WARNING  schedule +'local': the backup that was due at .*:00:00Z was not done: no"
                        + " attempt is recorded there")
                .doesNotContain("the verify that was due");

        run("cron");

        assertThat(run("check").data())
                .containsPattern(
                        "WARNING  schedule +'local': the backup that was due at .* failed, attempt 1: .*/nowhere")
                .doesNotContain("the verify that was due");
    }

    private void registeredDaysAgo() throws IOException {
        for (String repository : List.of("local", "offsite")) {
            Files.setLastModifiedTime(
                    root.resolve(repository).resolve("main/7312089945514410/cluster.json"),
                    FileTime.from(Instant.now().minus(Duration.ofDays(9))));
        }
    }

    /** With a schedule of once a week, nobody would notice for a week. */
    @Test
    void checkSaysThatAHostDiedInTheMiddle() throws IOException {
        String weekly = "0 0 * * "
                + OffsetDateTime.now(ZoneOffset.UTC).minusDays(3).getDayOfWeek().getValue();
        schedule("", "", "verify = '" + weekly + "'");
        must("cron");
        Path run = root.resolve("local").resolve(RUNS).resolve("verify");
        try (Stream<Path> files = Files.walk(run)) {
            for (Path each : files.filter(Files::isRegularFile).toList()) {
                if (each.endsWith("00000001-ended.json")) {
                    Files.delete(each);
                } else {
                    Files.setLastModifiedTime(each, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
                }
            }
        }

        assertThat(run("check").data())
                .containsPattern("WARNING  schedule +'local': the verify that was due at .* was begun by .* at .*, and"
                        + " never ended");
    }

    /** Otherwise the log has no line about a backup that was killed. */
    @Test
    void anAttemptThatWasKilledIsToldOnceAndMadeAgain() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        must("cron");
        Path ended;
        try (Stream<Path> files = Files.walk(root.resolve("local").resolve(RUNS).resolve("verify"))) {
            ended = files.filter(each -> each.endsWith("00000001-ended.json"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.delete(ended);
        try (Stream<Path> files = Files.walk(root)) {
            for (Path each :
                    files.filter(file -> file.toString().endsWith(".done")).toList()) {
                Files.move(
                        each, each.resolveSibling(each.getFileName().toString().replace(".done", ".begun")));
            }
        }

        assertThat(must("cron").talk()).contains("the verify in 'local' that began at", "was cut off");
        assertThat(must("cron").talk()).isEmpty();
        assertThat(must("cron", "--dry-run").data()).contains("cut off, next attempt at");

        Files.setLastModifiedTime(
                ended.resolveSibling("00000001.json"),
                FileTime.from(Instant.now().minus(Duration.ofMinutes(10))));
        must("cron");

        assertThat(attempts("local", "verify"))
                .containsExactly("00000001.json", "00000002-ended.json", "00000002.json");
    }

    /** The host was down in the night, and came back after the next one was done elsewhere. */
    @Test
    void anAttemptOfThisHostThatWasKilledIsToldAlsoIfTheTaskIsDoneSince() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        must("cron");
        Path done;
        try (Stream<Path> files = Files.walk(root)) {
            done = files.filter(file -> file.toString().endsWith(".done"))
                    .findFirst()
                    .orElseThrow();
        }
        Path begun = done.resolveSibling(done.getFileName().toString().replace(".done", ".begun"));
        assertThat(begun).as("it has ended").doesNotExist();
        Files.writeString(begun, "2026-11-20T02:00:00Z\n");

        assertThat(must("cron").talk()).contains("that began at 2026-11-20 02:00:00Z on ", "was cut off");
        assertThat(must("cron").talk()).isEmpty();
    }

    @Test
    void aScheduleThatNeverComesIsRefusedByItsName() throws IOException {
        schedule("", "", "verify = '0 0 30 2 *'");

        ProgramRun run = run("cron");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(run.talk()).contains("the schedule '0 0 30 2 *' never occurs");
        JsonNode json = json(run("cron", "--json"));
        assertThat(json.at("/clusters/0/cluster").stringValue()).isEqualTo("main");
        assertThat(json.at("/clusters/0/error/message").stringValue()).contains("never occurs");
    }

    private void damage(String repository, String key) throws IOException {
        Path object = root.resolve(repository).resolve(key);
        byte[] bytes = Files.readAllBytes(object);
        bytes[bytes.length / 2] ^= 1;
        Files.write(object, bytes);
    }

    @Test
    void whatIsDamagedOrMissingInOneRepositoryIsCopiedFromTheOther() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        String incarnation = "main/7312089945514410/";
        String bundle = incarnation + "backup/" + LATEST + "/bundle/00000001";
        damage("offsite", bundle);
        damage("offsite", incarnation + "wal/00000002/00000000/000000020000000000000021");
        Files.delete(root.resolve("offsite").resolve(incarnation + "backup/" + LATEST + "/manifest/00000001"));
        Files.delete(root.resolve("offsite").resolve(incarnation + "history/00000002.history"));

        ProgramRun run = must("cron");

        assertThat(run.talk())
                .contains(
                        "'offsite': " + bundle,
                        "'offsite': 4 objects were copied from 'local' for what is damaged or missing");
        assertThat(must("cron").talk()).isEmpty();
        must("verify", "--all");
        assertThat(found("damage")).noneMatch(each -> each.startsWith("WARNING") || each.startsWith("CRITICAL"));
    }

    @Test
    void whatIsDamagedInBothRepositoriesStaysDamaged() throws IOException {
        schedule("", "", "verify = '" + nightly + "'");
        String bundle = "main/7312089945514410/backup/" + LATEST + "/bundle/00000001";
        damage("local", bundle);
        damage("offsite", bundle);

        ProgramRun run = run("cron");

        assertThat(run.status()).isEqualTo(ExitCode.NO.status());
        assertThat(run.talk()).contains("'offsite': " + bundle).doesNotContain("copied from");
        assertThat(run("verify", "--all").status()).isEqualTo(ExitCode.NO.status());
    }

    @Test
    void damageThatAScheduledVerificationFindsIsToldAndTheRunIsDone() throws IOException {
        schedule("", "", "repair = 'never'", "verify = '" + nightly + "'");
        damage("offsite", "main/7312089945514410/backup/" + LATEST + "/bundle/00000001");

        ProgramRun run = run("cron");

        assertThat(run.status()).isEqualTo(ExitCode.NO.status());
        assertThat(run.talk()).contains("'offsite': main/7312089945514410/backup/" + LATEST + "/bundle/00000001");
        ProgramRun next = must("cron");
        assertThat(next.talk()).isEmpty();
    }

    @Test
    void whatIsPausedBeginsWhenThePauseIsOverOrEnded() throws IOException {
        schedule("retention = 'REDUNDANCY 1'", "", "expire = '" + nightly + "'", "verify = '" + nightly + "'");

        assertThat(must("pause", "verify", "expire", "--for", "2h").data())
                .containsPattern("expire and verify are paused on this host until .* UTC; WAL is not");

        assertThat(must("cron").talk()).isEmpty();
        assertThat(attempts("local", "verify")).isEmpty();
        assertThat(attempts("local", "expire")).isEmpty();
        assertThat(must("cron", "--dry-run").data()).containsPattern("main +verify +local .* paused until ");
        assertThat(json(must("cron", "--dry-run", "--json"))
                        .at("/clusters/0/tasks")
                        .toString())
                .contains("\"state\":\"paused\"");
        assertThat(found("schedule")).anyMatch(each -> each.contains("the scheduled verify is paused on this host"));
        assertThat(must("resume", "verify").data()).contains("verify is no longer paused");
        must("cron");
        assertThat(attempts("local", "verify")).isNotEmpty();
        assertThat(attempts("local", "expire")).isEmpty();
        assertThat(must("resume", "verify").data()).contains("nothing of that was paused");
        must("pause", "expire", "--for", "1m");
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(2));
        ProgramRun.of(
                root,
                later,
                Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString()),
                "cron");
        assertThat(attempts("local", "expire")).isNotEmpty();
        assertThat(found("schedule")).noneMatch(each -> each.contains("verify is paused"));
    }

    @Test
    void onADayOffNothingBeginsThatWasDueBefore() throws IOException {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        String verify = "verify = '" + nightly + "'";
        schedule("", "", verify, "days-off = ['" + today + ".." + today.plusDays(1) + "']");

        assertThat(must("cron").data()).isEmpty();

        assertThat(attempts("local", "verify")).isEmpty();
        assertThat(must("cron", "--dry-run").data())
                .containsPattern("main +verify +local .* day off, until " + today.plusDays(2) + " ");
        assertThat(json(must("cron", "--dry-run", "--json"))
                        .at("/clusters/0/tasks")
                        .toString())
                .contains("\"state\":\"day-off\"");
        schedule("", "", verify);
        must("cron");
        assertThat(attempts("local", "verify")).isNotEmpty();
    }

    /** What was due before it stays undone today, so it does not stand for the backup that is lacking. */
    @Test
    void onADayOffABackupIsTakenOutOfTurnAlsoWhereAScheduledOneIsDue() throws IOException {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        String off = "days-off = ['" + today + ".." + today.plusDays(1) + "']";
        String backup = "backup = '" + nightly + "'";
        for (String repository : List.of("local", "offsite")) {
            age(repository, 2);
            for (String id : List.of(OLDER, LATEST)) {
                Files.delete(root.resolve(repository).resolve("main/7312089945514410/catalog/" + id + "/backup.json"));
            }
        }

        schedule("", "", backup, off, "backup-on-gap = 'never'");
        assertThat(stateOf("backup")).isEqualTo("day-off");
        schedule("", "", backup, off);
        assertThat(stateOf("backup")).isEqualTo("due");
    }

    private String stateOf(String task) {
        for (JsonNode each : json(must("cron", "--dry-run", "--json")).at("/clusters/0/tasks")) {
            if (each.at("/task").stringValue().equals(task)) {
                return each.at("/state").stringValue();
            }
        }
        throw new AssertionError("no such task: " + task);
    }

    @Test
    void aPauseNamesItsTasksAndItsEnd() throws IOException {
        schedule("", "");

        assertThat(run("pause", "wal", "--for", "2h").talk())
                .contains("there is no task 'wal'", "backup, expire, verify, drill");
        assertThat(run("pause", "all", "--for", "60d").talk()).contains("expected 1m to 30d");
        assertThat(run("pause", "all").status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(run("pause", "--for", "2h").status()).isEqualTo(ExitCode.USAGE.status());
        JsonNode json = json(must("pause", "all", "--for", "2h", "--json"));
        assertThat(json.at("/paused").toString()).contains("backup", "expire", "verify", "drill");
        assertThat(json(must("resume", "all", "--json")).at("/resumed").size()).isEqualTo(4);
    }

    @Test
    void everyMistakeInAScheduleIsNamed() throws IOException {
        schedule(
                "",
                "",
                "backup = '30 2 * *'",
                "expire = '0 25 * * *'",
                "time-zone = 'Mars'",
                "days-off = ['24.12.']",
                "verify-budget = 'much'",
                "verfy = 'never'");

        ProgramRun run = run("cron");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(run.talk())
                .contains(
                        "cluster.main.schedule.backup",
                        "cluster.main.schedule.expire",
                        "cluster.main.schedule.time-zone",
                        "cluster.main.schedule.days-off",
                        "cluster.main.schedule.verify-budget",
                        "did you mean 'cluster.main.schedule.verify'?");
    }
}
