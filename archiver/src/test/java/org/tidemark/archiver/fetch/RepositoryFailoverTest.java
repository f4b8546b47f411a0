// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.TwoRepositories;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.FetchRound.Reading;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.store.MemoryStore;

/** A question whose answer is not a file: whether there is later WAL, or a child's copy of a segment. */
@Timeout(60)
class RepositoryFailoverTest {
    @TempDir
    private Path directory;

    private TwoRepositories repositories() throws IOException {
        return new TwoRepositories(directory, new MemoryStore(Clock.systemUTC()), new MemoryStore(Clock.systemUTC()));
    }

    private static Optional<String> ask(List<WalSource> sources, Optional<BooleanSupplier> alternative, Duration answer)
            throws CouldNotTellException {
        Reading<Optional<String>> reading = archive -> Optional.of(after(answer, archive));
        return new RepositoryFailover(sources, alternative, HedgedRequest.Limits.DEFAULT)
                .first(reading)
                .map(RepositoryFailover.Located::value);
    }

    private static String after(Duration time, WalArchive archive) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return archive.getClass().getSimpleName();
    }

    private static WalSource source(TwoRepositories repositories, int index) {
        return new WalSource(
                "repository" + index, () -> repositories.archive(index).wal(), WalSource.Memory.NONE);
    }

    @Test
    void whatOneAloneAnswersAStandbyIsHeard() throws Exception {
        TwoRepositories repositories = repositories();
        for (boolean streams : new boolean[] {true, false}) {
            assertThat(ask(List.of(source(repositories, 0)), Optional.of(() -> streams), Duration.ofMillis(50)))
                    .contains("WalArchive");
        }
    }

    /** Taken for "no", it would end a recovery in the middle of the archive. */
    @Test
    void aYesThatComesAfterAnothersNoIsHeard() throws Exception {
        TwoRepositories repositories = repositories();
        WalArchive slow = repositories.archive(0).wal();
        List<WalSource> both =
                List.of(new WalSource("slow", () -> slow, WalSource.Memory.NONE), source(repositories, 1));
        Reading<Optional<String>> reading = archive -> archive == slow
                ? Optional.of(after(HedgedRequest.HEDGE_DELAY.plusSeconds(1), archive))
                : Optional.empty();

        assertThat(new RepositoryFailover(both, Optional.empty(), HedgedRequest.Limits.DEFAULT).first(reading))
                .isPresent();
    }

    @Test
    void whatSlowOnesAnswerAfterAllHaveBeenAskedIsHeard() throws Exception {
        TwoRepositories repositories = repositories();
        List<WalSource> both = List.of(source(repositories, 0), source(repositories, 1));

        assertThat(ask(
                        both,
                        Optional.empty(),
                        HedgedRequest.HEDGE_DELAY.multipliedBy(2).plusSeconds(1)))
                .contains("WalArchive");
    }
}
