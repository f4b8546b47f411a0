// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.archiver.fetch.Answer.Retry;
import org.tidemark.archiver.fetch.RepositoryFailover.Question;
import org.tidemark.archiver.fetch.RepositoryFailover.Response;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * One request to several repositories, each in a thread of its own: the next repository is asked when the previous one
 * has answered "no", has failed, or has been silent for a while. The first one that delivers wins. A thread that hangs
 * in the kernel cannot be ended, so each is a daemon and dies with the process. Not thread-safe.
 */
final class HedgedRequest<T> {
    /** A repository may be silent for this long before the next one is asked as well. */
    static final Duration HEDGE_DELAY = Duration.ofSeconds(3);
    /** A repository that is silent for this long counts as one that does not answer, when all others have answered. */
    static final Duration SILENCE = Duration.ofSeconds(15);

    /** The same limit where PostgreSQL has an alternative, such as streaming. */
    static final Duration SILENCE_WITH_ALTERNATIVE = Duration.ofSeconds(5);
    /** Its maximum where PostgreSQL asks again and again, and so the alternative does not help. */
    static final Duration LONGEST_SILENCE_WITH_ALTERNATIVE = Duration.ofSeconds(40);

    /** The same limit where all repositories were silent a short time ago: each is asked again anyway. */
    static final Duration SILENCE_AGAIN = Duration.ofSeconds(1);

    /**
     * How long a request waits, and for what; the constants above say what each limit is for.
     *
     * @param longestWithAlternative not below {@code withAlternative}
     */
    record Limits(
            Duration hedgeDelay,
            Duration silence,
            Duration withAlternative,
            Duration longestWithAlternative,
            Duration again) {
        static final Limits DEFAULT = new Limits(
                HEDGE_DELAY, SILENCE, SILENCE_WITH_ALTERNATIVE, LONGEST_SILENCE_WITH_ALTERNATIVE, SILENCE_AGAIN);
    }

    private static final Object GIVEN_UP = new Object();

    private final Question<T> question;
    private final Limits limits;
    private final Optional<BooleanSupplier> alternative;
    private final Map<WalSource, Thread> hanging;
    private final BlockingQueue<Reply<T>> replies = new LinkedBlockingQueue<>();
    private final AtomicReference<@Nullable Object> first = new AtomicReference<>();
    private final Map<WalSource, Attempt> open = new LinkedHashMap<>();
    private final Map<WalSource, Thread> threads = new LinkedHashMap<>();
    private final List<Failure> failures = new ArrayList<>();
    private @Nullable Response<T> response;
    /** A failure that no other repository can make up for. */
    private @Nullable RuntimeException fault;
    /** How many repositories have answered that they do not have it. */
    private int denials;

    /**
     * One request.
     *
     * @param alternative as in {@link Recovery}
     * @param hanging threads of earlier requests that have not come back: their repositories are not asked again
     */
    HedgedRequest(
            Question<T> question,
            Optional<BooleanSupplier> alternative,
            Map<WalSource, Thread> hanging,
            Limits limits) {
        this.question = question;
        this.limits = limits;
        this.alternative = alternative;
        this.hanging = hanging;
    }

    /** How one attempt ended: with a value, with "no" (neither value nor failure), or with a failure. */
    private record Reply<T>(
            WalSource source, Optional<T> value, @Nullable Throwable failure) {}

    /**
     * Asks the repositories in this order.
     *
     * @throws RuntimeException a failure of one attempt that no other repository can make up for; nobody delivers then
     */
    Response<T> ask(List<WalSource> sources) {
        try {
            askEach(sources);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failures.add(new Failure("all", "interrupted", ExitCode.INTERRUPTED, Retry.USELESS));
        }
        return conclude(sources.size());
    }

    private void askEach(List<WalSource> sources) throws InterruptedException {
        List<WalSource> silentBefore =
                sources.stream().filter(source -> source.memory().isSilent()).toList();
        boolean allSilentBefore = silentBefore.size() == sources.size();
        for (WalSource source : sources) {
            if (stillHangs(source)) {
                failures.add(silent(source, "it has not answered an earlier request yet"));
                continue;
            }
            begin(source);
            if (sources.size() > 1 && !(allSilentBefore && alternative.isPresent())) {
                awaitHedgeDelay(source);
            }
            if (isDecided()) {
                return;
            }
        }
        if (alternative.isEmpty() || !awaitWhileHeard(allSilentBefore, alternative.get())) {
            awaitTheRest(silentBefore, sources.size() > 1);
        }
    }

    private boolean isDecided() {
        return response != null || fault != null;
    }

    /**
     * The one place where the response is decided. Unless an attempt has delivered already, none may deliver from now
     * on, even if it wakes up: PostgreSQL is told something else.
     */
    private Response<T> conclude(int asked) {
        if (response == null && !first.compareAndSet(null, GIVEN_UP)) {
            awaitClaimed();
        }
        if (response != null) {
            return response;
        }
        threads.values().forEach(Thread::interrupt);
        if (fault != null) {
            throw fault;
        }
        List<Failure> all = withSilent(open.keySet().stream());
        if (all.isEmpty() && denials < asked) {
            throw new IllegalStateException("only " + denials + " of " + asked + " said that they do not have it");
        }
        return new Response<>(Optional.empty(), Optional.empty(), all);
    }

    private boolean stillHangs(WalSource source) {
        Thread thread = hanging.get(source);
        if (thread != null && thread.isAlive()) {
            return true;
        }
        hanging.remove(source);
        return false;
    }

    private void begin(WalSource source) {
        Attempt attempt = new Attempt(first);
        open.put(source, attempt);
        Thread thread = new Thread(
                () -> {
                    Reply<T> reply;
                    try {
                        reply = new Reply<>(source, question.ask(source, attempt), null);
                    } catch (Throwable e) {
                        reply = new Reply<>(source, Optional.empty(), e);
                    }
                    replies.add(reply);
                },
                "ask-" + source.name());
        thread.setDaemon(true);
        thread.start();
        threads.put(source, thread);
    }

    /** Says how much longer to wait; called again after each reply. Zero or less ends the wait. */
    @FunctionalInterface
    private interface Wait {
        Duration left();
    }

    /**
     * The one loop that waits: applies replies until the request is decided, every attempt has ended, or the time is
     * up.
     *
     * @param longestPause after which {@code wait} is asked again, since its answer may change without a reply
     * @return whether the wait ended before its time was up
     */
    private boolean await(Duration longestPause, Wait wait) throws InterruptedException {
        while (!isDecided() && !open.isEmpty()) {
            Duration left = wait.left();
            if (!left.isPositive()) {
                return false;
            }
            poll(left.compareTo(longestPause) < 0 ? left : longestPause);
        }
        return true;
    }

    /** Gives a repository time to answer before the next one is asked. One that is reading the file gets more time. */
    private void awaitHedgeDelay(WalSource asked) throws InterruptedException {
        long start = System.nanoTime();
        boolean ended = await(limits.hedgeDelay(), () -> {
            Attempt attempt = open.get(asked);
            if (attempt == null) {
                return Duration.ZERO;
            }
            Duration limit = attempt.hasFound() ? limits.silence() : limits.hedgeDelay();
            return limit.minusNanos(System.nanoTime() - start);
        });
        if (!ended && open.containsKey(asked)) {
            asked.memory().silent();
        }
    }

    /**
     * Waits while at least one repository is heard of now and then.
     *
     * @return whether the request need not wait any longer; false if all are silent, and PostgreSQL has no alternative
     */
    private boolean awaitWhileHeard(boolean allSilentBefore, BooleanSupplier hasAlternative)
            throws InterruptedException {
        // The limit changes when a repository can be asked, so it is looked at again after a short pause.
        boolean ended = await(
                limits.again(),
                () -> open.entrySet().stream()
                        .map(each -> limit(allSilentBefore, each.getKey(), each.getValue())
                                .minus(each.getValue().silence()))
                        .max(Comparator.naturalOrder())
                        .orElseThrow());
        if (ended) {
            return true;
        }
        if (!hasAlternative.getAsBoolean()) {
            return false;
        }
        // A store that is slow, not silent, is to have its full time again after the pause.
        open.keySet().stream()
                .filter(source -> !source.memory().isSilent())
                .forEach(source -> source.memory().silent());
        return true;
    }

    /**
     * The short limit begins when the repository can be asked: each fetch is a new process, which starts slowly on a
     * busy host.
     */
    private Duration limit(boolean allSilentBefore, WalSource source, Attempt attempt) {
        if (allSilentBefore) {
            return attempt.isReady() ? limits.again() : limits.withAlternative();
        }
        return silenceLimit(source);
    }

    /**
     * Twice as long each time from the second silence on. A store such as rsync fetches an object whole before it gives
     * the first byte, and is not heard of meanwhile: with a fixed limit, a slow line would never deliver one.
     */
    private Duration silenceLimit(WalSource source) {
        Duration limit = limits.withAlternative();
        for (int silences = source.memory().silences();
                silences > 1 && limit.compareTo(limits.longestWithAlternative()) < 0;
                silences--) {
            limit = limit.multipliedBy(2);
        }
        return limit;
    }

    /** A single repository is waited for without a limit: no other one could answer, and its store has limits. */
    private void awaitTheRest(List<WalSource> silentBefore, boolean several) throws InterruptedException {
        Duration limit = silentBefore.containsAll(open.keySet()) ? limits.hedgeDelay() : limits.silence();
        long start = System.nanoTime();
        await(limits.hedgeDelay(), () -> {
            Duration left = limit.minusNanos(System.nanoTime() - start);
            boolean goesOn =
                    left.isPositive() || !several || open.values().stream().anyMatch(this::isReading);
            return goesOn && !left.isPositive() ? limits.hedgeDelay() : left;
        });
    }

    private boolean isReading(Attempt attempt) {
        return attempt.hasFound() && attempt.silence().compareTo(limits.silence()) < 0;
    }

    private void poll(Duration longest) throws InterruptedException {
        Reply<T> reply = replies.poll(longest.toNanos(), TimeUnit.NANOSECONDS);
        if (reply != null) {
            apply(reply);
        }
    }

    private void apply(Reply<T> reply) {
        WalSource source = reply.source();
        List<WalSource> before =
                open.keySet().stream().takeWhile(each -> !each.equals(source)).toList();
        open.remove(source);
        threads.remove(source);
        switch (reply.failure()) {
            case null -> {
                answered(source);
                if (reply.value().isPresent()) {
                    response = new Response<>(Optional.of(source.name()), reply.value(), withSilent(before.stream()));
                } else {
                    denials++;
                }
            }
            case Attempt.TooLateException late -> {} // another attempt is about to reply that it has delivered
            case UserFacingException known -> fail(source, known);
            case IOException store -> fail(source, store);
            case RuntimeException bug -> fault = bug;
            case Throwable other -> fault = new IllegalStateException(other);
        }
    }

    private void fail(WalSource source, Exception problem) {
        Failure failure;
        try {
            failure = RepositoryFailover.failureOf(source, problem);
        } catch (UserFacingException ofThisHost) {
            fault = ofThisHost;
            return;
        }
        failures.add(failure);
        if (failure.cause() == ExitCode.STORE_UNAVAILABLE) {
            source.memory().silent();
        } else {
            answered(source);
        }
    }

    private static void answered(WalSource source) {
        if (source.memory().isSilent() || source.memory().silences() > 1) {
            source.memory().answered();
        }
    }

    /** Every repository that could not tell, these silent ones included. */
    private List<Failure> withSilent(Stream<WalSource> silent) {
        List<Failure> all = new ArrayList<>(failures);
        silent.forEach(source -> all.add(silent(source, "it did not answer in time")));
        hanging.putAll(threads);
        return all;
    }

    private static Failure silent(WalSource source, String message) {
        return new Failure(source.name(), message, ExitCode.STORE_UNAVAILABLE, Retry.MAY_HELP);
    }

    /** An attempt has just begun to rename the file into place: that is work on this host's own disk, and ends. */
    private void awaitClaimed() {
        boolean interrupted = false;
        while (open.containsValue(first.get())) {
            try {
                poll(limits.hedgeDelay());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
