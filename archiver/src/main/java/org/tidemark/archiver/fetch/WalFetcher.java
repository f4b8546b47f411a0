// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tidemark.archiver.fetch.Answer.Certain;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Fetches one file from the archive for a recovery. It asks again, within the patience of the request, while a
 * repository does not answer and while a segment is absent although later WAL is there. Not thread-safe.
 */
public final class WalFetcher {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final List<WalSource> sources;
    private final Consumer<String> notices;
    private final HedgedRequest.Limits limits;

    /** Says nothing while it waits. */
    public WalFetcher(List<WalSource> sources) {
        this(sources, notice -> {});
    }

    /**
     * @param sources in the order in which they are asked, at least one
     * @param notices told once, before it asks again: what is awaited, and for how long at most
     */
    public WalFetcher(List<WalSource> sources, Consumer<String> notices) {
        this(sources, notices, HedgedRequest.Limits.DEFAULT);
    }

    WalFetcher(List<WalSource> sources, Consumer<String> notices, HedgedRequest.Limits limits) {
        this.notices = notices;
        this.limits = limits;
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("no repository to ask");
        }
        this.sources = List.copyOf(sources);
    }

    /**
     * Delivers the file, or proves that it is absent for this recovery.
     *
     * @throws UserFacingException if neither is possible: a repository did not answer, what it holds is damaged, or a
     *     segment is missing although later ones are there
     * @throws InterruptedException if the thread is interrupted while it waits to ask again
     */
    public FetchResult fetch(FetchRequest request) throws InterruptedException {
        FetchRound round = new FetchRound(sources, request, limits);
        long start = System.nanoTime();
        Duration pause = FIRST_PAUSE;
        boolean told = false;
        while (true) {
            Answer answer = round.ask();
            if (answer instanceof Certain certain) {
                return certain.result();
            }
            Duration limit = patience(answer, request);
            long left = start + limit.toNanos() - System.nanoTime();
            if (left <= 0) {
                throw problem(answer, request);
            }
            if (!told) {
                notices.accept(
                        problem(answer, request).getMessage() + "; asking again for up to " + limit.toSeconds() + " s");
                told = true;
            }
            Thread.sleep(Math.min(pause.toMillis(), Math.max(1, left / 1_000_000)));
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /**
     * Delivers a whole segment before the recovery asks for it; each repository is asked once.
     *
     * @return whether it was delivered, and nothing has to be told about it
     * @throws UserFacingException if the target cannot be written
     */
    public boolean fetchAhead(Segment segment, FetchRequest request) {
        return new FetchRound(sources, request, limits).ahead(segment) instanceof Certain certain
                && certain.result() instanceof FetchResult.Restored restored
                && restored.passedOver().isEmpty();
    }

    private static Duration patience(Answer answer, FetchRequest request) {
        return switch (answer) {
            case Certain certain -> Duration.ZERO;
            case Answer.Hole hole -> request.patience().late();
            case Answer.Unknown unknown ->
                unknown.retryMayHelp() ? request.patience().answer() : Duration.ZERO;
        };
    }

    private static UserFacingException problem(Answer answer, FetchRequest request) {
        return switch (answer) {
            case Certain certain -> throw new IllegalArgumentException("nothing is wrong: " + certain);
            case Answer.Hole hole -> missing(request, hole);
            case Answer.Unknown unknown -> couldNotTell(request, unknown);
        };
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
                "Repair " + names + " and start PostgreSQL again. If a repository is lost for good, remove it from"
                        + " restore_command, or run recover again with --repository NAME of another repository.");
    }

    private static String lastCertain(FetchRequest request) {
        return request.file() instanceof Segment segment && segment.index(request.segmentSize()) > 0
                ? "; everything is certain up to '" + before(segment, request).name() + "'"
                : "";
    }

    private static WalFile before(Segment segment, FetchRequest request) {
        return Segment.of(segment.timeline(), segment.index(request.segmentSize()) - 1, request.segmentSize());
    }

    /**
     * A file that PostgreSQL asks for, and how hard to try. Immutable.
     *
     * @param file the file that is wanted
     * @param target where PostgreSQL expects it: it did not exist when PostgreSQL asked
     * @param system whose WAL it must be
     * @param recovery for which it is
     * @param patience how long to ask again
     * @param beforeDelivery runs just before the file appears at its target; throws if it must not any more
     */
    public record FetchRequest(
            WalFile file,
            Path target,
            SystemIdentifier system,
            WalSegmentSize segmentSize,
            Recovery recovery,
            Patience patience,
            Runnable beforeDelivery) {

        /**
         * How long to ask again.
         *
         * @param answer while a repository does not answer
         * @param late while a segment is absent although later ones are there
         */
        public record Patience(Duration answer, Duration late) {
            /** The same for both. */
            public Patience(Duration both) {
                this(both, both);
            }
        }
    }

    /** The certain result for a requested file; any uncertainty is an exception. */
    public sealed interface FetchResult {
        /**
         * The verified file is at its target, durable.
         *
         * @param from the repository that it came from
         * @param passedOver those that were asked before and could not deliver it, although they did not say "no"
         */
        record Restored(String from, List<PassedOver> passedOver) implements FetchResult {
            public Restored {
                passedOver = List.copyOf(passedOver);
            }

            /** Restored from the first repository that was asked, or the others answered that they do not have it. */
            public Restored(String from) {
                this(from, List.of());
            }
        }

        /**
         * The history of a timeline is not archived, but WAL of it is, and this recovery ends on an earlier timeline: a
         * file without a switch is at the target, so that PostgreSQL does not take the timeline's id.
         *
         * @param walFile of that timeline
         * @param repository that holds it
         */
        record IdTaken(String walFile, String repository) implements FetchResult {}

        /**
         * The history is archived, but a standby that has just been started cannot follow its timeline, nor a later
         * one, and PostgreSQL would not start with it. Nothing is at the target.
         */
        record Withheld(String reason) implements FetchResult {}

        /** For this recovery there is no such file: every repository answered so, or it is not on its timeline path. */
        record Absent(String reason) implements FetchResult {}

        /** A repository whose copy is damaged, or that did not answer. */
        record PassedOver(String repository, String problem) {}
    }
}
