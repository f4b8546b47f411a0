// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

class ScheduledRunsTest {
    private static final Instant DUE = Instant.parse("2026-11-21T02:30:00Z");
    private static final Claimant HOST = new Claimant("db1", "5f0c");

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final ScheduledRuns runs =
            new ScheduledRuns(store, new IncarnationKeys(new ClusterName("main"), new SystemIdentifier(42)));
    private final RunKeys run = runs.run(ScheduledTask.BACKUP, DUE);

    @Test
    void whatIsRecordedIsRead() throws IOException {
        Outcome failure = new Outcome(DUE.plusSeconds(9), false, 40, "the server is down");
        Outcome success = new Outcome(DUE.plusSeconds(99), true, 0, "");
        assertThat(runs.begin(run, 1, HOST, DUE)).isTrue();
        runs.end(run, 1, failure);
        assertThat(runs.begin(run, 2, HOST, DUE.plusSeconds(90))).isTrue();
        runs.end(run, 2, success);
        assertThat(runs.begin(run, 3, HOST, DUE)).isTrue();

        List<Attempt> attempts = runs.attempts(run);

        assertThat(attempts).extracting(Attempt::number).containsExactly(1, 2, 3);
        assertThat(attempts).extracting(Attempt::claimant).containsOnly(Optional.of(HOST));
        assertThat(attempts)
                .extracting(Attempt::outcome)
                .containsExactly(Optional.of(failure), Optional.of(success), Optional.empty());
        assertThat(runs.attempts(runs.run(ScheduledTask.EXPIRE, DUE))).isEmpty();
        assertThat(runs.attempts(runs.run(ScheduledTask.BACKUP, DUE.plusSeconds(1))))
                .isEmpty();
    }

    /** The repository that records it has a run of its own. */
    @Test
    void theEndOfAnAttemptInAnotherRepositoryIsNoAttempt() throws IOException {
        RepositoryId other = RepositoryId.random();
        Outcome full = new Outcome(DUE.plusSeconds(9), false, 14, "no space left");
        runs.endElsewhere(run, other, HOST, full);
        runs.endElsewhere(run, other, HOST, new Outcome(DUE.plusSeconds(10), false, 14, "once more"));

        assertThat(runs.attempts(run)).isEmpty();
        assertThat(runs.last(ScheduledTask.BACKUP)).isEmpty();
        assertThat(runs.elsewhere()).containsExactly(new ScheduledRuns.Elsewhere(run, other, HOST, full));
        List<ObjectKey> old = new ArrayList<>();
        runs.visitBefore(DUE.plusSeconds(1), object -> old.add(object.key()));
        assertThat(old).hasSize(1);
    }

    @Test
    void theLastRunOfATaskIsFound() throws IOException {
        assertThat(runs.last(ScheduledTask.VERIFY)).isEmpty();
        for (int hour = 0; hour < 3; hour++) {
            runs.begin(runs.run(ScheduledTask.VERIFY, DUE.plusSeconds(hour * 3600L)), 1, HOST, DUE);
        }
        runs.begin(runs.run(ScheduledTask.BACKUP, DUE.plusSeconds(99_999)), 1, HOST, DUE);

        assertThat(runs.last(ScheduledTask.VERIFY)).contains(runs.run(ScheduledTask.VERIFY, DUE.plusSeconds(7200)));
    }

    @Test
    void onlyOneHostGetsAnAttempt() throws Exception {
        for (int number = 1; number <= 20; number++) {
            int attempt = number;
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                List<Callable<Boolean>> claims = IntStream.range(0, 4)
                        .mapToObj(host -> (Callable<Boolean>)
                                () -> runs.begin(run, attempt, new Claimant("db1", "spool-" + host), DUE))
                        .toList();
                int given = 0;
                for (Future<Boolean> each : threads.invokeAll(claims)) {
                    given += each.get() ? 1 : 0;
                }
                assertThat(given).isEqualTo(1);
            }
        }
    }

    @Test
    void aDamagedAttemptIsOneAllTheSame() throws IOException {
        store.putIfAbsent(run.begun(1), ObjectSource.of("no document".getBytes(StandardCharsets.UTF_8)));

        assertThat(runs.attempts(run))
                .singleElement()
                .satisfies(attempt -> assertThat(attempt.claimant()).isEmpty());
        assertThat(runs.begin(run, 1, HOST, DUE)).isFalse();
    }

    /** Of another version perhaps. It must not keep cron from everything else. */
    @Test
    void anAttemptThatLacksWhatIsReadIsOneAllTheSame() throws IOException {
        ObjectSource other = ObjectSource.of(ChecksummedJson.write(Map.of("by", "db1")));
        store.putIfAbsent(run.begun(1), other);
        store.putIfAbsent(run.ended(1), other);

        assertThat(runs.attempts(run)).singleElement().satisfies(attempt -> {
            assertThat(attempt.claimant()).isEmpty();
            assertThat(attempt.outcome()).isEmpty();
        });
    }
}
