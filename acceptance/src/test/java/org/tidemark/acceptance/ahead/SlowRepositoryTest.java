// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.ahead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.tidemark.acceptance.ahead.ArchivingHost.LIMIT;
import static org.tidemark.acceptance.ahead.ArchivingHost.awaitDrained;
import static org.tidemark.acceptance.ahead.ArchivingHost.fill;
import static org.tidemark.acceptance.ahead.ArchivingHost.marks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.ahead.ArchivingHost.Repositories;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** One of two repositories is slow, hangs, or is gone, or the only one hangs: the archiver does what wal-push does. */
@InTurn
class SlowRepositoryTest {
    private final boolean isCampaign = Rounds.of(1, 2) == 2;

    enum Fault {
        SLOW,
        HANGS,
        GONE;

        void begin(Path repository) throws IOException {
            switch (this) {
                case SLOW -> Files.createFile(repository.resolveSibling("offsite.slow"));
                case HANGS -> Files.createFile(repository.resolveSibling("offsite.hangs"));
                case GONE -> Files.move(repository, repository.resolveSibling("away"));
            }
        }

        void end(Path repository) throws IOException {
            switch (this) {
                case SLOW -> Files.delete(repository.resolveSibling("offsite.slow"));
                case HANGS -> Files.delete(repository.resolveSibling("offsite.hangs"));
                case GONE -> Files.move(repository.resolveSibling("away"), repository);
            }
        }
    }

    /** One of them in a build. */
    static Stream<Fault> faults() {
        return Rounds.oneOrAll(List.of(Fault.values())).stream();
    }

    private static PostgresServer server() {
        return PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving("false")
                .start();
    }

    private static NavigableSet<String> names(Path below) throws IOException {
        NavigableSet<String> names = new TreeSet<>();
        if (Files.isDirectory(below)) {
            try (Stream<Path> files = Files.walk(below)) {
                files.forEach(
                        file -> names.add(String.valueOf(file.getFileName()).replaceFirst("^[0-9]{16}\\.", "")));
            }
        }
        return names;
    }

    private static String failures(PostgresServer server) {
        return server.query("SELECT failed_count FROM pg_stat_archiver");
    }

    private static boolean has(NavigableSet<String> names, String segment) {
        String next = names.ceiling(segment);
        return next != null && next.startsWith(segment);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whatOneOfTwoLacksIsQueuedForIt(Fault fault) throws Exception {
        try (ArchivingHost host = new ArchivingHost(Repositories.UNSTEADY);
                PostgresServer server = server()) {
            host.add("main", server);
            Path offsite = host.directory().resolve("offsite");
            host.configure("acknowledge = 1\n[repository.offsite]\nurl = '" + host.url("offsite")
                    + "'\n[host]\npush-timeout = '20s'\n");
            host.must("init", "--repository", "offsite", "--cluster", "main");
            host.drained(server, host.command("main"));
            List<String> before = marks(server, ".done");
            String failures = failures(server);

            fault.begin(offsite);
            fill(server, 2);
            awaitDrained(server);

            assertThat(failures(server)).as(server.log()).isEqualTo(failures);
            List<String> archived = new ArrayList<>(marks(server, ".done"));
            archived.removeAll(before);
            assertThat(archived).hasSizeGreaterThanOrEqualTo(2);
            assertThat(archived).allMatch(segment -> has(namesOf(host.repository()), segment), "in the healthy one");
            if (fault != Fault.SLOW) {
                NavigableSet<String> queued = names(host.directory().resolve("spool/v1/pending"));
                assertThat(archived).allMatch(segment -> has(queued, segment), "queued for the other");
            }

            fault.end(offsite);
            host.must("sync", "--cluster", "main");
            assertThat(archived).allMatch(segment -> has(namesOf(offsite), segment), "delivered");
            if (isCampaign) {
                host.compare("main", server);
            }
        }
    }

    private static NavigableSet<String> namesOf(Path below) {
        try {
            return names(below);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** No call waits for longer than its first one; and in the end the process gives its place to a fresh one. */
    @Test
    void oneThatHangsIsLate() throws Exception {
        try (ArchivingHost host = new ArchivingHost(Repositories.UNSTEADY);
                PostgresServer server = server()) {
            host.add("main", server);
            host.configure("[host]\npush-timeout = '5s'\n");
            ProcessHandle stays = host.drained(server, host.command("main"));

            Path sign = Files.createFile(host.directory().resolve("repository.hangs"));
            fill(server, 2);
            await("a call has waited for it in vain")
                    .atMost(LIMIT)
                    .ignoreException(UncheckedIOException.class) // a file that vanishes
                    .until(() -> has(names(host.directory().resolve("spool/v1/archived")), "late"));
            await("it ends, although its threads hang").atMost(LIMIT).until(() -> !stays.isAlive());
            Files.delete(sign);
            fill(server, 1);
            awaitDrained(server);
            host.compare("main", server);
        }
    }
}
