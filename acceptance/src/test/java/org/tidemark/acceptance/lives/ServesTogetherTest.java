// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** Two or three hosts run {@code serve} for one cluster; their processes are killed, stand still and are restarted. */
@InTurn
final class ServesTogetherTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String SCHEDULE = "*/10 * * * * ?";

    private final Random random = Rounds.random();
    private final StringBuilder story = new StringBuilder();

    private static String toml(Path repository, PostgresServer server) {
        return """
                [repository.near]
                url = '%s'
                retention = 'REDUNDANCY 3'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                [cluster.main.schedule]
                backup = '%s'
                expire = '%s'
                verify = 'never'
                """.formatted(repository.toUri(), server.conninfo(), server.dataDirectory(), SCHEDULE, SCHEDULE);
    }

    @Test
    void eachTaskIsDoneOnceAndWhatIsThereCanBeRestored() throws Exception {
        List<TidemarkHost> hosts = new ArrayList<>();
        for (int host = 0; host < 2 + random.nextInt(2); host++) {
            hosts.add(new TidemarkHost());
        }
        TidemarkHost first = hosts.getFirst();
        Path repository = first.directory().resolve("near");
        try (PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving(first.archiveCommand())
                .start()) {
            for (TidemarkHost each : hosts) {
                each.configure(toml(repository, server));
            }
            first.must("init");
            List<Running> serves = new ArrayList<>(
                    hosts.stream().map(each -> each.start("serve")).toList());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Rounds.of(40, 600));
            while (System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(4_000));
                int host = random.nextInt(hosts.size());
                serves.set(host, befallen(hosts.get(host), serves.get(host), host));
            }
            for (Running each : serves) {
                each.signal("TERM");
            }
            serves.forEach(Running::await);

            assertThat(done(repository, "backup").values()).as(story.toString()).allMatch(times -> times == 1);
            assertThat(done(repository, "expire").values()).as(story.toString()).allMatch(times -> times == 1);
            assertThat(done(repository, "backup")).as(story.toString()).hasSizeGreaterThan(1);
            server.sql("CREATE TABLE last AS SELECT 1 AS row");
            server.archiveCurrentSegment(LIMIT);
            first.must("verify", "--all");
            Path restored = first.directory().resolve("restored");
            first.must("recover", "--to", restored.toString());
            try (PostgresServer copy = PostgresServer.of(PostgresBinaries.newestEmbedded())
                    .from(restored)
                    .start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).isEqualTo(server.tableHashes());
            }
        } finally {
            hosts.forEach(TidemarkHost::close);
        }
    }

    private Running befallen(TidemarkHost host, Running serve, int number) throws InterruptedException {
        return switch (random.nextInt(4)) {
            case 0 -> {
                story.append(" · kill -9 ").append(number);
                serve.kill();
                yield host.start("serve");
            }
            case 1 -> {
                story.append(" · stop and go on ").append(number);
                serve.signal("STOP");
                TimeUnit.MILLISECONDS.sleep(random.nextInt(6_000));
                serve.signal("CONT");
                yield serve;
            }
            case 2 -> {
                story.append(" · restart ").append(number);
                serve.signal("TERM");
                serve.await();
                yield host.start("serve");
            }
            default -> serve;
        };
    }

    /** How often the task was done for each time at which it was due. */
    private static Map<String, Integer> done(Path repository, String task) throws IOException {
        Map<String, Integer> done = new TreeMap<>();
        try (Stream<Path> files = Files.walk(repository)) {
            for (Path each : files.filter(file -> file.toString().contains("/run/" + task + "/")
                            && file.toString().endsWith("-ended.json"))
                    .toList()) {
                if (Files.readString(each).contains("\"outcome\": \"done\"")) {
                    done.merge(each.getName(each.getNameCount() - 2).toString(), 1, Integer::sum);
                }
            }
        }
        return done;
    }
}
