// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.resident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.tidemark.acceptance.resident.ResidentHost.LIMIT;
import static org.tidemark.acceptance.resident.ResidentHost.awaitDrained;
import static org.tidemark.acceptance.resident.ResidentHost.fill;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.resident.ResidentHost.Archiver;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What {@code check} and {@code status} say of an archiver that lives, and of one that does not. */
@Order(1) // among the longest
class WatchedArchiverTest {
    private static final String SUBJECT = "resident-archiver";
    private static final String SERVES = "are archived as soon as they are ready";
    private static final String LEFT = "is left to wal-push";

    @Test
    void checkAndStatusShowWhatItDoes() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving("false")
                        .start()) {
            host.add("main", server);
            assertThat(host.run("check", "--json").output())
                    .contains("archiving")
                    .doesNotContain(SUBJECT);

            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, SERVES, 1);
            awaitDrained(server);
            String started = "archive_command started Java for \\d+ of the last \\d+ segments?";
            assertThat(host.run("check", "-v").output()).containsPattern("OK +archiving-ahead +" + started);
            assertThat(host.run("status").output()).containsPattern("Archiving: " + started);
            // Where it is slow, wal-push archives some of them.
            String status = "Resident archiver: process " + archiver.pid()
                    + " since .* archives segments as soon as they are ready, the last one was 0000000100000000";
            await(status).atMost(LIMIT).until(() -> {
                fill(server, 2);
                awaitDrained(server);
                return Pattern.compile(status)
                        .matcher(host.run("status").output())
                        .find();
            });

            archiver.signal("STOP");
            assertThat(host.run("status").output()).contains("the resident archiver does not serve");
            assertThat(host.run("check").output())
                    .contains("(process " + archiver.pid() + ") is suspended (SIGSTOP)")
                    .contains("kill -CONT " + archiver.pid());
            archiver.kill();
            assertThat(host.run("check").output()).contains(SUBJECT, "was killed", "tidemark archiver");

            Archiver next = host.start();
            next.awaitServing(server, SERVES, 1);
            await().atMost(LIMIT)
                    .until(() -> host.run("status").output().contains("process " + next.pid() + " since "));
            assertThat(next.stop()).isEqualTo(75);
            assertThat(host.run("status").output()).contains("queued").doesNotContain("Resident");
        }
    }

    /** It tries again every ten seconds; check warns once that has gone on for a minute. */
    @Test
    void whileARepositoryIsGoneItNeverSaysThatItArchives() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving("false")
                        .start()) {
            host.add("main", server);
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, SERVES, 1);
            awaitDrained(server);

            Files.move(host.repository(), host.directory().resolve("away"));
            fill(server, 2);
            archiver.awaitLine(LEFT);
            String since = since(host);
            TimeUnit.SECONDS.sleep(12);
            assertThat(archiver.count(SERVES)).as(archiver.log()).isEqualTo(1);
            assertThat(since(host)).isEqualTo(since);
        }
    }

    /** A standby marks what it receives as archived, and calls nobody. */
    @Test
    void onAStandbyItWaitsForThePromotion() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving("false")
                        .start()) {
            host.add("main", server);
            server.stopFast();
            Files.writeString(server.dataDirectory().resolve("standby.signal"), "");
            server.start();
            Archiver archiver = host.start();
            archiver.awaitLine("serving main");
            await().atMost(LIMIT)
                    .until(() -> host.run("status").output().contains("Resident archiver: process " + archiver.pid()));

            Path marks = server.dataDirectory().resolve("pg_wal/archive_status");
            for (int i = 1; i < 5; i++) {
                Files.createFile(marks.resolve("0000000100000000000000A" + i + ".done"));
            }
            OperatingUser.current().own(marks);
            TimeUnit.SECONDS.sleep(3);
            assertThat(archiver.log()).doesNotContain("WARNING");

            server.sql("SELECT pg_promote()");
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, SERVES, 1);
        }
    }

    /** Since when check says that the archiver is idle; it learns of it within a second. */
    private static String since(ResidentHost host) {
        Pattern line = Pattern.compile(LEFT + ".*\\(resident archiver, process \\d+, since (.*)\\)");
        return await().atMost(LIMIT)
                .until(
                        () -> line.matcher(host.run("check", "--verbose").output())
                                .results()
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow()
                .group(1);
    }
}
