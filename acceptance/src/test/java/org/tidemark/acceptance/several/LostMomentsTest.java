// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ClusterName;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What other tools pass over in silence: each damage and each gap is found, the moments that it costs are named, and
 * the status is 1. One server filled two repositories, one of them encrypted; each experiment works on a copy.
 */
@InTurn
class LostMomentsTest {
    private static final Random RANDOM = Rounds.random();

    private static TwoDisks disks;
    private static TidemarkHost host;
    private static PostgresServer server;
    private static JsonNode first;
    private static JsonNode second;
    /** Archived between the backups. */
    private static final List<String> BETWEEN = new ArrayList<>();
    /** Archived after them. */
    private static final List<String> AFTER = new ArrayList<>();

    private static String firstId;
    private static int copies;

    @BeforeAll
    static void fill() throws IOException {
        disks = new TwoDisks("near", "far", "sealed");
        host = disks.host();
        server = disks.server();
        Path key = host.directory().resolve("offline.key");
        String recipient = host.must("init", "--make-key", key.toString()).data();
        disks.with(
                "sealed",
                recipient
                                .lines()
                                .filter(line -> line.contains("encrypt-to"))
                                .findFirst()
                                .orElseThrow() + "\n");
        disks.acknowledgeAll();
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        first = backup();
        firstId = JsonMapper.shared()
                .readTree(host.must("list-backup", "--json", "--repository", "near")
                        .data())
                .at("/backups/0/id")
                .asString();
        for (int i = 0; i < 5; i++) {
            BETWEEN.add(archive());
        }
        second = backup();
        for (int i = 0; i < 4; i++) {
            AFTER.add(archive());
        }
    }

    @AfterAll
    static void stop() {
        disks.close();
    }

    private static JsonNode backup() {
        String id = host.must("backup").data().lines().findFirst().orElseThrow().strip();
        JsonNode shown = JsonMapper.shared()
                .readTree(host.must("show-backup", id, "--json", "--repository", "near")
                        .data());
        JsonNode backup = shown.findParent("stopLsn");
        assertThat(backup).as(shown.toString()).isNotNull();
        return backup;
    }

    private static String archive() {
        server.sql("INSERT INTO ticks SELECT generate_series(1, 1000)");
        return server.archiveCurrentSegment(TwoDisks.LIMIT);
    }

    /** A copy of a repository, of which no other one is configured. */
    private static final class Copy {
        private final Path directory;

        Copy(String repository) throws IOException {
            directory = host.directory().resolve("copy-" + ++copies);
            for (Path file : TwoDisks.filesBelow(disks.directory(repository))) {
                Path to = directory.resolve(
                        disks.directory(repository).relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
            }
            OperatingUser.current().own(directory);
        }

        Outcome run(String... arguments) {
            List<String> all = new ArrayList<>(List.of(arguments));
            all.addAll(List.of(
                    "--cluster", "main", "--repository", directory.toUri().toString()));
            return host.run(all.toArray(String[]::new));
        }

        JsonNode json(int status, String... arguments) {
            List<String> all = new ArrayList<>(List.of(arguments));
            all.add("--json");
            Outcome outcome = run(all.toArray(String[]::new));
            assertThat(outcome.status()).as(outcome.data() + outcome.talk()).isEqualTo(status);
            return JsonMapper.shared().readTree(outcome.data());
        }

        Path file(String name) throws IOException {
            return TwoDisks.filesBelow(directory).stream()
                    .filter(file -> file.endsWith(name))
                    .findFirst()
                    .orElseThrow();
        }

        void flipOneBit(String name) throws IOException {
            try (RandomAccessFile file = new RandomAccessFile(file(name).toFile(), "rw")) {
                // After the header, whose damage every tool notices.
                long at = 512 + (long) (RANDOM.nextDouble() * (file.length() - 512));
                file.seek(at);
                int before = file.read();
                file.seek(at);
                file.write(before ^ (1 << RANDOM.nextInt(8)));
            }
        }
    }

    /** The only loss is that of the moments from the start of a segment to the end of the second backup. */
    private static void costsTheMomentsBeforeTheSecondBackup(JsonNode found, String segment) {
        assertThat(found.get("lost").size()).as(found.toString()).isEqualTo(1);
        JsonNode lost = found.get("lost").get(0);
        assertThat(lost.get("beginLsn").asString()).isEqualTo(startOf(segment));
        assertThat(lost.get("endLsn").asString())
                .isEqualTo(second.get("stopLsn").asString());
        assertThat(lost.get("from").asString()).isLessThan(lost.get("to").asString());
    }

    private static String startOf(String segment) {
        long log = Long.parseLong(segment.substring(8, 16), 16);
        long place = Long.parseLong(segment.substring(16), 16);
        return Long.toHexString(log).toUpperCase(Locale.ROOT) + "/"
                + Long.toHexString(place << 20).toUpperCase(Locale.ROOT);
    }

    @Test
    void aWholeRepositoryHasNoProblem() throws IOException {
        Copy copy = new Copy("near");

        assertThat(copy.json(0, "wal-verify").get("lost").size()).isZero();
        assertThat(copy.json(0, "verify").get("lost").size()).isZero();
    }

    /** E1: the tool said "ok". */
    @Test
    void aSegmentThatIsMissingBetweenTwoBackups() throws IOException {
        Copy copy = new Copy("near");
        Files.delete(copy.file(BETWEEN.get(2)));

        JsonNode found = copy.json(1, "wal-verify");

        assertThat(found.at("/archives/0/gaps/0/first").asString()).isEqualTo(BETWEEN.get(2));
        costsTheMomentsBeforeTheSecondBackup(found, BETWEEN.get(2));
        assertThat(copy.run("wal-verify").data())
                .contains(
                        "PROBLEM  in '",
                        BETWEEN.get(2) + " is not archived",
                        "LOST     in '",
                        ", because of " + BETWEEN.get(2));
    }

    /** E2: the backup cannot be restored, and the tool said "ok". */
    @Test
    void aSegmentThatABackupNeedsToBecomeConsistent() throws IOException {
        Copy copy = new Copy("near");
        String needed = first.get("walFirst").asString();
        Files.delete(copy.file(needed));

        JsonNode verify = copy.json(1, "verify");
        JsonNode walVerify = copy.json(1, "wal-verify");

        assertThat(verify.at("/reports/0/findings/0/text").asString())
                .contains("needs WAL that is not archived: " + needed);
        assertThat(walVerify.at("/archives/0/gaps/0/neededBy/0").asString()).isEqualTo(firstId);
        for (JsonNode found : List.of(verify, walVerify)) {
            assertThat(found.at("/lost/0/beginLsn").asString())
                    .isEqualTo(first.get("stopLsn").asString());
            assertThat(found.at("/lost/0/endLsn").asString())
                    .isEqualTo(second.get("stopLsn").asString());
        }
        assertThat(copy.run("list-backup").data()).contains("broken");
    }

    /** E3: the second one overwrote the first. */
    @Test
    void aSecondHistoryOfOneTimelineIsRefused() throws IOException {
        Path history = server.dataDirectory().resolve("pg_wal/00000009.history");
        List<String> push = List.of("sh", "-c", host.archiveCommand().replace("%p", "pg_wal/00000009.history"));
        Files.writeString(history, "1\t0/3000000\tno recovery target specified\n");
        OperatingUser.current().own(history);
        assertThat(statusInDataDirectory(push)).isZero();
        byte[] before =
                Files.readAllBytes(disks.files("near", "00000009.history").getFirst());
        Files.writeString(history, "1\t0/4000000\tno recovery target specified\n");

        assertThat(statusInDataDirectory(push)).isNotZero();

        assertThat(disks.files("near", "00000009.history").getFirst()).hasBinaryContent(before);
        for (String repository : List.of("near", "far", "sealed")) {
            Files.delete(disks.files(repository, "00000009.history").getFirst());
        }
        Files.delete(history);
    }

    private static int statusInDataDirectory(List<String> command) {
        try {
            Process process = new ProcessBuilder(OperatingUser.current().command(command))
                    .directory(server.dataDirectory().toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            return process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command + " ran", e);
        }
    }

    /** E4: WAL was dropped, and nothing marked the hole. */
    @Test
    void segmentsThatNeverCameAfterTheLastBackup() throws IOException {
        Copy copy = new Copy("near");
        Files.delete(copy.file(AFTER.get(1)));
        Files.delete(copy.file(AFTER.get(2)));

        JsonNode found = copy.json(1, "wal-verify");

        assertThat(found.at("/archives/0/gaps/0/segments").asLong()).isEqualTo(2);
        assertThat(found.at("/lost/0/beginLsn").asString()).isEqualTo(startOf(AFTER.get(1)));
        assertThat(found.at("/lost/0/causes").size()).isZero();
        assertThat(copy.run("check").data()).contains("CRITICAL", AFTER.get(1));
    }

    @Test
    void aGapFromBeforeTheFirstBackupIsSaidAndIsNoFailure() throws IOException {
        Copy copy = new Copy("near");
        Path needed = copy.file(first.get("walFirst").asString());
        String name = needed.getFileName().toString();
        String earlier =
                name.substring(0, 16) + String.format(Locale.ROOT, "%08X", Long.parseLong(name.substring(16), 16) - 5);
        Files.copy(needed, needed.resolveSibling(earlier));
        OperatingUser.current().own(copy.directory);

        Outcome found = copy.run("wal-verify", "--sample", "0.0001");

        assertThat(found.status()).as(found.data() + found.talk()).isZero();
        assertThat(found.data()).contains("note     in '", "no backup needs them, and no moment is lost");
    }

    @Test
    void walThatAnExpiryRemovedIsNoGap() throws IOException {
        Copy copy = new Copy("near");
        WalFile.Segment removed = (WalFile.Segment) WalFile.parse(BETWEEN.get(2));
        Files.delete(copy.file(removed.name()));
        try (ObjectStore store = new FileSystemStoreProvider().open(copy.directory.toUri(), Map.of())) {
            Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .wal()
                    .gaps()
                    .noteRemoval(new RemovedWal(removed, removed, Instant.now(), "a host"));
        }
        OperatingUser.current().own(copy.directory);

        JsonNode found = copy.json(0, "wal-verify");

        assertThat(found.at("/archives/0/gaps").size()).isZero();
        assertThat(found.at("/archives/0/removed/0/first").asString()).isEqualTo(removed.name());
    }

    /** E5: bytes of a segment that is not compressed, and half a segment, were handed to PostgreSQL. */
    @Test
    void flippedBytesAndACutSegmentAreRefusedAndFound() throws IOException {
        Copy copy = new Copy("near");
        copy.flipOneBit(BETWEEN.get(1));
        Path cut = copy.file(BETWEEN.get(3));
        try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }

        for (String damaged : List.of(BETWEEN.get(1), BETWEEN.get(3))) {
            Path target = host.directory().resolve("fetched-" + damaged);
            Outcome fetch = copy.run("wal-fetch", damaged, target.toString());
            assertThat(fetch.status()).as(fetch.talk()).isGreaterThan(125);
            assertThat(target).doesNotExist();
        }
        JsonNode found = copy.json(1, "wal-verify");
        assertThat(found.at("/archives/0/findings").size()).isEqualTo(2);
        costsTheMomentsBeforeTheSecondBackup(found, BETWEEN.get(1));
        assertThat(found.at("/archives/0/findings/0/lost/0/endLsn").asString())
                .isEqualTo(second.get("stopLsn").asString());
    }

    /** E6 and E7: single bits of compressed and of encrypted WAL; the host has no key for the latter. */
    @Test
    void oneBitOfEachSegmentIsFoundInEach() throws IOException {
        for (String repository : List.of("near", "sealed")) {
            Copy copy = new Copy(repository);
            List<String> damaged = new ArrayList<>(BETWEEN);
            damaged.addAll(AFTER);
            for (String segment : damaged) {
                copy.flipOneBit(segment);
            }

            JsonNode found = copy.json(1, "wal-verify", "--all");

            assertThat(found.at("/archives/0/findings").valueStream())
                    .extracting(finding -> finding.get("key").asString().replaceAll(".*/", ""))
                    .as(repository)
                    .containsExactlyInAnyOrderElementsOf(damaged);
            assertThat(found.at("/lost/0/beginLsn").asString()).isEqualTo(startOf(BETWEEN.getFirst()));
        }
    }

    /** E10: damage in a backup was printed, and the status was 0. */
    @Test
    void oneBitOfABackup() throws IOException {
        for (String repository : List.of("near", "sealed")) {
            Copy copy = new Copy(repository);
            copy.flipOneBit("bundle/00000001");

            JsonNode found = copy.json(1, "verify");

            JsonNode finding = found.at("/reports/0/findings/0");
            assertThat(finding.get("backups").size()).isEqualTo(1);
            assertThat(finding.get("key").asString())
                    .contains(finding.at("/backups/0").asString());
            Outcome text = copy.run("verify");
            assertThat(text.status()).isEqualTo(1);
            assertThat(text.data()).contains("PROBLEM  ", "(backup ");
        }
    }

    /** Nothing is overwritten: a whole copy is stored beside what is damaged, and every command reads it. */
    @Test
    void whatIsDamagedIsRepairedFromAnotherRepository() throws Exception {
        String segment = AFTER.get(1);
        for (String name : List.of(segment, "bundle/00000001")) {
            Path file = disks.files("far", "/" + name).getLast();
            byte[] content = Files.readAllBytes(file);
            content[content.length / 2] ^= 4;
            Files.write(file, content);
        }
        Path target = host.directory().resolve("fetched-" + segment);
        List<String> fetch =
                List.of("wal-fetch", segment, target.toString(), "--cluster", "main", "--repository", "far");
        assertThat(host.run("verify", "--all", "--cluster", "main", "--repository", "far")
                        .data())
                .contains(
                        "2 problems",
                        "'near' still reaches these moments.",
                        "tidemark sync --cluster main --config " + host.config() + " near far");
        assertThat(host.run(fetch.toArray(String[]::new)).status()).isGreaterThan(125);

        assertThat(host.must("sync", "near", "far").data()).contains("2 damaged objects in far repaired");

        host.must("verify", "--cluster", "main", "--repository", "far");
        host.must("wal-verify", "--all", "--cluster", "main", "--repository", "far");
        assertThat(host.must("list-backup", "--repository", "far").data()).doesNotContain("broken", "problem");
        assertThat(host.run("check", "--repository", "far").data()).doesNotContain("verify found");
        host.must(fetch.toArray(String[]::new));
        assertThat(target).exists();
        Path restored = host.directory().resolve("restored");
        host.must("recover", "--to", restored.toString(), "--repository", "far");
        try (PostgresServer copy =
                PostgresServer.of(disks.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(TwoDisks.LIMIT);
            assertThat(copy.query("SELECT count(*) FROM ticks")).isEqualTo("9000");
        }
    }
}
