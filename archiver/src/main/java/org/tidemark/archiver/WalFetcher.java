// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;

/**
 * Gets one file out of the archive for a recovery. It asks again, within the patience of the request, while a
 * repository does not answer and while a segment is absent although later WAL is there. Not thread-safe.
 */
public final class WalFetcher {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final List<WalSource> sources;

    /** @param sources in the order in which they are asked, at least one */
    public WalFetcher(List<WalSource> sources) {
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("no repository to ask");
        }
        this.sources = List.copyOf(sources);
    }

    /**
     * Delivers the file, or proves that to this recovery there is none.
     *
     * @throws UserFacingException if neither is possible: a repository did not answer, what it holds is damaged, or a
     *     segment is missing although later ones are there
     * @throws InterruptedException if the thread is interrupted while it waits to ask again
     */
    public FetchResult fetch(FetchRequest request) throws InterruptedException {
        FetchRound round = new FetchRound(sources, request);
        long deadline = System.nanoTime() + request.patience().toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            Answer answer = round.ask();
            boolean timeLeft = System.nanoTime() - deadline < 0;
            switch (answer) {
                case Answer.Certain certain -> {
                    return certain.result();
                }
                case Answer.Hole hole -> {
                    if (!timeLeft) {
                        throw missing(request, hole);
                    }
                }
                case Answer.Unknown unknown -> {
                    if (!timeLeft || !unknown.mayPass()) {
                        throw couldNotTell(request, unknown);
                    }
                }
            }
            Thread.sleep(Math.min(pause.toMillis(), Math.max(1, (deadline - System.nanoTime()) / 1_000_000)));
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private static UserFacingException missing(FetchRequest request, Answer.Hole hole) {
        return new UserFacingException(
                ExitCode.WAL_MISSING,
                "'" + request.file().name() + "' is missing, although later WAL, of '" + hole.laterFile()
                        + "', is archived in '" + hole.repository() + "'" + lastCertain(request),
                "Is the file still in pg_wal of the old primary, or in another copy of the archive? Push it, then start"
                        + " PostgreSQL again; to end recovery before the hole, restore with a target before it.");
    }

    private static UserFacingException couldNotTell(FetchRequest request, Answer.Unknown unknown) {
        ExitCode cause = unknown.failures().stream()
                .map(Failure::cause)
                .filter(ExitCode.DAMAGED::equals)
                .findFirst()
                .orElse(unknown.failures().getFirst().cause());
        String reasons = unknown.failures().stream()
                .map(failure -> "'" + failure.repository() + "': " + failure.message())
                .collect(Collectors.joining("; "));
        String names = unknown.failures().stream()
                .map(failure -> "'" + failure.repository() + "'")
                .distinct()
                .collect(Collectors.joining(", "));
        return new UserFacingException(
                cause,
                "could not tell whether '" + request.file().name() + "' is in the archive: " + reasons
                        + lastCertain(request),
                "Repair " + names + " and start PostgreSQL again. If it is lost for ever, take it out of"
                        + " restore_command, or restore again from another repository: tidemark recover --repository NAME.");
    }

    private static String lastCertain(FetchRequest request) {
        return request.file() instanceof Segment segment && segment.index(request.segmentSize()) > 0
                ? "; certain is everything up to '" + before(segment, request).name() + "'"
                : "";
    }

    private static WalFile before(Segment segment, FetchRequest request) {
        return Segment.of(segment.timeline(), segment.index(request.segmentSize()) - 1, request.segmentSize());
    }
}
