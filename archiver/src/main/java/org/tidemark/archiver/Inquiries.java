// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

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

    /** So long it may be silent where PostgreSQL has another way. */
    static final Duration SILENCE_WITH_OTHER_WAY = Duration.ofSeconds(5);
    /** The same where it is asked again and again, and so the other way does not help: at most. */
    static final Duration LONGEST_SILENCE_WITH_OTHER_WAY = Duration.ofSeconds(40);

    /** The same where all have been silent a short time ago: each is asked again all the same. */
    static final Duration SILENCE_AGAIN = Duration.ofSeconds(1);

    /**
     * How long it waits, and for what; the constants above say what each is for.
     *
     * @param longestWithOtherWay not below {@code withOtherWay}
     */
    record Limits(
            Duration next, Duration silence, Duration withOtherWay, Duration longestWithOtherWay, Duration again) {
        static final Limits USUAL =
                new Limits(NEXT, SILENCE, SILENCE_WITH_OTHER_WAY, LONGEST_SILENCE_WITH_OTHER_WAY, SILENCE_AGAIN);
    }

    private static final Object GIVEN_UP = new Object();

    private final Question<T> question;
    private final Limits limits;
    private final Optional<BooleanSupplier> otherWay;
    private final Map<WalSource, Thread> hanging;
    private final BlockingQueue<Outcome<T>> outcomes = new LinkedBlockingQueue<>();
    private final AtomicReference<@Nullable Object> first = new AtomicReference<>();
    private final Map<WalSource, Inquiry> open = new LinkedHashMap<>();
    private final Map<WalSource, Thread> threads = new LinkedHashMap<>();
    private final List<Failure> failures = new ArrayList<>();
    private @Nullable Asked<T> answer;
    /** What no other repository helps against. */
    private @Nullable RuntimeException fault;
    /** How many have said that they do not have it. */
    private int denials;

    /**
     * One question.
     *
     * @param otherWay as in {@link Recovery}
     * @param hanging threads of earlier questions that have not come back: their repositories are not asked again
     */
    Inquiries(Question<T> question, Optional<BooleanSupplier> otherWay, Map<WalSource, Thread> hanging, Limits limits) {
        this.question = question;
        this.limits = limits;
        this.otherWay = otherWay;
        this.hanging = hanging;
    }

    private record Outcome<T>(
            WalSource source, Optional<T> value, @Nullable Throwable failure) {}

    /**
     * Asks in this order.
     *
     * @throws RuntimeException what one of them threw that no other repository helps against; nobody delivers then
     */
    Asked<T> ask(List<WalSource> sources) {
        try {
            askEach(sources);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failures.add(new Failure("all", "interrupted", ExitCode.INTERRUPTED, Passing.NO));
        }
        return conclude(sources.size());
    }

    private void askEach(List<WalSource> sources) throws InterruptedException {
        List<WalSource> silentBefore =
                sources.stream().filter(source -> source.memory().isSilent()).toList();
        boolean known = silentBefore.size() == sources.size();
        for (WalSource source : sources) {
            if (stillHangs(source)) {
                failures.add(silent(source, "it has still not answered an earlier question"));
                continue;
            }
            begin(source);
            if (sources.size() > 1 && !(known && otherWay.isPresent())) {
                awaitUntilNext(source);
            }
            if (isDecided()) {
                return;
            }
        }
        if (otherWay.isEmpty() || !awaitWhileHeard(known, otherWay.get())) {
            awaitTheRest(silentBefore, sources.size() > 1);
        }
    }

    private boolean isDecided() {
        return answer != null || fault != null;
    }

    /**
     * The one place where it is decided what was answered. Unless one has delivered, nobody does from now on, whoever
     * may still wake up: PostgreSQL is told something else.
     */
    private Asked<T> conclude(int asked) {
        if (answer == null && !first.compareAndSet(null, GIVEN_UP)) {
            awaitClaimed();
        }
        if (answer != null) {
            return answer;
        }
        threads.values().forEach(Thread::interrupt);
        if (fault != null) {
            throw fault;
        }
        List<Failure> all = withSilent(open.keySet().stream());
        if (all.isEmpty() && denials < asked) {
            throw new IllegalStateException("only " + denials + " of " + asked + " said that they do not have it");
        }
        return new Asked<>(Optional.empty(), Optional.empty(), all);
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
        while (!isDecided() && open.containsKey(asked)) {
            Inquiry inquiry = open.get(asked);
            // Who has it and is reading it gets more time.
            Duration limit = inquiry != null && inquiry.hasFound() ? limits.silence() : limits.next();
            long left = start + limit.toNanos() - System.nanoTime();
            if (left <= 0) {
                asked.memory().silent();
                return;
            }
            poll(Math.min(left, limits.next().toNanos()));
        }
    }

    /**
     * Waits for those that give a sign of life now and then.
     *
     * @return whether that was all; false if none of the others does, and PostgreSQL has no other way
     */
    private boolean awaitWhileHeard(boolean known, BooleanSupplier hasOtherWay) throws InterruptedException {
        while (!isDecided() && !open.isEmpty()) {
            Duration left = open.entrySet().stream()
                    .map(each -> limit(known, each.getKey(), each.getValue())
                            .minus(each.getValue().silence()))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            if (left.isPositive()) {
                poll(Math.min(left.toNanos(), limits.again().toNanos())); // the limit changes when one is ready
            } else if (!hasOtherWay.getAsBoolean()) {
                return false;
            } else {
                // A store that is slow and not silent is to have its time again, once the pause has ended.
                open.keySet().stream()
                        .filter(source -> !source.memory().isSilent())
                        .forEach(source -> source.memory().silent());
                return true;
            }
        }
        return true;
    }

    /** The short limit begins when it can be asked: each fetch is a new process, which on a busy host starts slowly. */
    private Duration limit(boolean known, WalSource source, Inquiry inquiry) {
        if (known) {
            return inquiry.isReady() ? limits.again() : limits.withOtherWay();
        }
        return mayBeSilent(source);
    }

    /**
     * Twice as long each time from the second silence on: of an object that is fetched whole before its first byte is
     * given, as by rsync, nothing is heard meanwhile, and over a slow line it would never arrive.
     */
    private Duration mayBeSilent(WalSource source) {
        Duration limit = limits.withOtherWay();
        for (int silences = source.memory().silences();
                silences > 1 && limit.compareTo(limits.longestWithOtherWay()) < 0;
                silences--) {
            limit = limit.multipliedBy(2);
        }
        return limit;
    }

    /** Of one alone nobody else could say more, and it has limits of its own. */
    private void awaitTheRest(List<WalSource> silentBefore, boolean several) throws InterruptedException {
        boolean known = silentBefore.containsAll(open.keySet());
        long end = System.nanoTime() + (known ? limits.next() : limits.silence()).toNanos();
        while (!isDecided() && !open.isEmpty()) {
            long left = end - System.nanoTime();
            if (left <= 0 && several && open.values().stream().noneMatch(this::isReading)) {
                return;
            }
            poll(
                    left > 0
                            ? Math.min(left, limits.next().toNanos())
                            : limits.next().toNanos());
        }
    }

    private boolean isReading(Inquiry inquiry) {
        return inquiry.hasFound() && inquiry.silence().compareTo(limits.silence()) < 0;
    }

    private void poll(long nanos) throws InterruptedException {
        Outcome<T> outcome = outcomes.poll(nanos, TimeUnit.NANOSECONDS);
        if (outcome != null) {
            apply(outcome);
        }
    }

    private void apply(Outcome<T> outcome) {
        WalSource source = outcome.source();
        List<WalSource> before =
                open.keySet().stream().takeWhile(each -> !each.equals(source)).toList();
        open.remove(source);
        threads.remove(source);
        switch (outcome.failure()) {
            case null -> {
                answered(source);
                if (outcome.value().isPresent()) {
                    answer = new Asked<>(Optional.of(source.name()), outcome.value(), withSilent(before.stream()));
                } else {
                    denials++;
                }
            }
            case Inquiry.TooLateException late -> {} // somebody else is about to say that he has delivered
            case UserFacingException known -> fail(source, known);
            case IOException store -> fail(source, store);
            case RuntimeException bug -> fault = bug;
            case Throwable other -> fault = new IllegalStateException(other);
        }
    }

    private void fail(WalSource source, Exception problem) {
        Failure failure;
        try {
            failure = SourcesAsked.failureOf(source, problem);
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

    /** All that could not tell. */
    private List<Failure> withSilent(Stream<WalSource> silent) {
        List<Failure> all = new ArrayList<>(failures);
        silent.forEach(source -> all.add(silent(source, "it did not answer in time")));
        hanging.putAll(threads);
        return all;
    }

    private static Failure silent(WalSource source, String message) {
        return new Failure(source.name(), message, ExitCode.STORE_UNAVAILABLE, Passing.PERHAPS);
    }

    /** Somebody has just begun to give the file its name: that is this host's own disk, and ends. */
    private void awaitClaimed() {
        boolean interrupted = false;
        while (open.containsValue(first.get())) {
            try {
                poll(limits.next().toNanos());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
