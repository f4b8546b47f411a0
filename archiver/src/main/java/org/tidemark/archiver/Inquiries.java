// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.archiver.Answer.Passing;
import org.tidemark.archiver.SourcesAsked.Asked;
import org.tidemark.archiver.SourcesAsked.Question;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Puts one question to several repositories, each in a thread of its own: the next one is asked when one has said "no",
 * has failed, or has been silent for a while; whoever is first answers. A thread that hangs in the kernel cannot be
 * ended, so it is a daemon and dies with the process. Not thread-safe.
 */
final class Inquiries<T> {
    /** So long a repository may be silent before the next one is asked as well. */
    static final Duration NEXT = Duration.ofSeconds(3);
    /** So long before it counts as one that does not answer, where all the others have. */
    static final Duration SILENCE = Duration.ofSeconds(15);

    private static final Object GIVEN_UP = new Object();

    private final Question<T> question;
    private final Map<WalSource, Thread> hanging;
    private final BlockingQueue<Outcome<T>> outcomes = new LinkedBlockingQueue<>();
    private final AtomicReference<@Nullable Object> first = new AtomicReference<>();
    private final Map<WalSource, Inquiry> open = new LinkedHashMap<>();
    private final Map<WalSource, Thread> threads = new LinkedHashMap<>();
    private final List<Failure> failures = new ArrayList<>();
    private @Nullable Asked<T> answer;

    /** @param hanging threads of earlier questions that have not come back: their repositories are not asked again */
    Inquiries(Question<T> question, Map<WalSource, Thread> hanging) {
        this.question = question;
        this.hanging = hanging;
    }

    private record Outcome<T>(
            WalSource source, Optional<T> value, @Nullable Throwable failure) {}

    /** Asks in this order. */
    Asked<T> ask(List<WalSource> sources) {
        try {
            for (WalSource source : sources) {
                if (stillHangs(source)) {
                    failures.add(silent(source, "it has still not answered an earlier question"));
                    continue;
                }
                begin(source);
                awaitUntilNext(source);
                if (answer != null) {
                    return answer;
                }
            }
            awaitTheRest();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failures.add(new Failure("all", "interrupted", ExitCode.INTERRUPTED, Passing.NO));
        }
        return giveUp();
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
        Inquiry inquiry = new Inquiry(first);
        open.put(source, inquiry);
        Thread thread = new Thread(
                () -> {
                    Outcome<T> outcome;
                    try {
                        outcome = new Outcome<>(source, question.ask(source, inquiry), null);
                    } catch (Throwable e) {
                        outcome = new Outcome<>(source, Optional.empty(), e);
                    }
                    outcomes.add(outcome);
                },
                "ask-" + source.name());
        thread.setDaemon(true);
        thread.start();
        threads.put(source, thread);
    }

    private void awaitUntilNext(WalSource asked) throws InterruptedException {
        long start = System.nanoTime();
        while (answer == null && open.containsKey(asked)) {
            Inquiry inquiry = open.get(asked);
            // Who has it and is reading it gets more time.
            Duration limit = inquiry != null && inquiry.hasFound() ? SILENCE : NEXT;
            long left = start + limit.toNanos() - System.nanoTime();
            if (left <= 0) {
                asked.memory().silent();
                return;
            }
            poll(Math.min(left, NEXT.toNanos()));
        }
    }

    private void awaitTheRest() throws InterruptedException {
        boolean known =
                open.keySet().stream().allMatch(source -> source.memory().isSilent());
        long end = System.nanoTime() + (known ? NEXT : SILENCE).toNanos();
        while (answer == null && !open.isEmpty()) {
            boolean reading = open.values().stream().anyMatch(Inquiry::hasFound);
            long left = end - System.nanoTime();
            if (left <= 0 && !reading) {
                return;
            }
            poll(Math.clamp(left, 1, NEXT.toNanos()));
        }
    }

    private void poll(long nanos) throws InterruptedException {
        Outcome<T> outcome = outcomes.poll(nanos, TimeUnit.NANOSECONDS);
        if (outcome != null) {
            apply(outcome);
        }
    }

    private void apply(Outcome<T> outcome) {
        WalSource source = outcome.source();
        open.remove(source);
        threads.remove(source);
        switch (outcome.failure()) {
            case null -> {
                answered(source);
                if (outcome.value().isPresent()) {
                    answer = new Asked<>(Optional.of(source.name()), outcome.value(), withSilent());
                }
            }
            case Inquiry.TooLateException late -> {} // somebody else is about to say that he has delivered
            case UserFacingException known -> fail(source, known);
            case IOException store -> fail(source, store);
            case RuntimeException bug -> throw bug;
            case Error error -> throw error;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }

    private void fail(WalSource source, Exception problem) {
        Failure failure = SourcesAsked.failureOf(source, problem);
        failures.add(failure);
        if (failure.cause() == ExitCode.STORE_UNAVAILABLE) {
            source.memory().silent();
        } else {
            answered(source);
        }
    }

    private static void answered(WalSource source) {
        if (source.memory().isSilent()) {
            source.memory().answered();
        }
    }

    /** Those that were passed over since they said nothing. */
    private List<Failure> withSilent() {
        List<Failure> all = new ArrayList<>(failures);
        open.keySet().forEach(source -> all.add(silent(source, "it did not answer in time")));
        hanging.putAll(threads);
        return all;
    }

    private static Failure silent(WalSource source, String message) {
        return new Failure(source.name(), message, ExitCode.STORE_UNAVAILABLE, Passing.PERHAPS);
    }

    /** From now on nobody delivers any more, whoever may still wake up: PostgreSQL is told something else. */
    private Asked<T> giveUp() {
        if (!first.compareAndSet(null, GIVEN_UP)) {
            awaitClaimed();
            if (answer != null) {
                return answer;
            }
        }
        threads.values().forEach(Thread::interrupt);
        return new Asked<>(Optional.empty(), Optional.empty(), withSilent());
    }

    /** Somebody has just begun to give the file its name: that is this host's own disk, and ends. */
    private void awaitClaimed() {
        boolean interrupted = false;
        while (answer == null && !open.isEmpty()) {
            try {
                poll(NEXT.toNanos());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
