// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.archiver.fetch.RepositoryFailover.Found;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException.StorageUnavailable;

/** A repository that answers each question as its script has it, and remembers what it has said. Thread-safe. */
final class ScriptedSource {
    /** What it does before it goes on. */
    sealed interface Wait {
        record Millis(int count) implements Wait {}

        /** Until the round ends, or somebody interrupts it. */
        record Sleeping() implements Wait {}

        /** Until the round ends: as a dead network file system, which not even an interrupt ends. */
        record Hanging() implements Wait {}

        default boolean ends() {
            return this instanceof Millis;
        }
    }

    /** What it says in the end. */
    sealed interface Answer {
        record No() implements Answer {}

        record Yes(Content content, Wait inTheMiddle) implements Answer {}

        record Fails(Exception exception) implements Answer {}
    }

    enum Content {
        GOOD,
        DAMAGED,
        CUT_OFF,
        BREAKS,
        CANNOT_BE_CLOSED
    }

    /**
     * What it does for one question.
     *
     * @param openingFails what is thrown instead of opening it
     * @param denied whether it has said that it does not have it
     */
    record Script(Wait opens, Optional<Exception> openingFails, Wait answers, Answer answer, AtomicBoolean denied) {
        boolean ends() {
            if (openingFails.isPresent()) {
                return opens.ends();
            }
            Wait inTheMiddle = answer instanceof Answer.Yes yes ? yes.inTheMiddle() : answers;
            return opens.ends() && answers.ends() && inTheMiddle.ends();
        }

        /** Whether it has what is asked for, and whole. */
        boolean delivers(boolean asFile) {
            return ends()
                    && openingFails.isEmpty()
                    && answer instanceof Answer.Yes yes
                    && (!asFile || yes.content() == Content.GOOD || yes.content() == Content.CANNOT_BE_CLOSED);
        }

        /** What ends the question to it, where it does not deliver and does not deny. */
        Optional<Exception> failure(boolean asFile) {
            if (openingFails.isPresent()) {
                return openingFails;
            }
            return switch (answer) {
                case Answer.Fails fails -> Optional.of(fails.exception());
                case Answer.No no -> Optional.empty();
                case Answer.Yes yes ->
                    !asFile || delivers(true)
                            ? Optional.empty()
                            : Optional.of(
                                    yes.content() == Content.BREAKS
                                            ? broken()
                                            : new DamagedObjectException(KEY, "bad"));
            };
        }
    }

    private static final ObjectKey KEY = new ObjectKey("object");

    final String name;
    final RememberedSilence memory = new RememberedSilence();
    final byte[] bytes;
    private final WalArchive archive;
    private final CountDownLatch end;
    /** What a thread that may be late was asked first. */
    private final Map<Thread, Script> begun = new ConcurrentHashMap<>();

    volatile Script script;

    ScriptedSource(String name, byte[] bytes, WalArchive archive, CountDownLatch end, Script script) {
        this.name = name;
        this.bytes = bytes;
        this.archive = archive;
        this.end = end;
        this.script = script;
    }

    /** What a process remembers of a repository, as the spool does it without its clock. */
    static final class RememberedSilence implements WalSource.Memory {
        volatile boolean silent;
        volatile int silences;

        @Override
        public int silences() {
            return silences;
        }

        @Override
        public boolean isSilent() {
            return silent;
        }

        @Override
        public synchronized void silent() {
            silent = true;
            silences++;
        }

        @Override
        public synchronized void answered() {
            silent = false;
            silences = silences > 1 ? silences : 0;
        }
    }

    WalSource source() {
        return new WalSource(
                name,
                () -> {
                    Script now = script;
                    begun.put(Thread.currentThread(), now);
                    pass(now.opens());
                    if (now.openingFails().isPresent()) {
                        throw thrown(now.openingFails().get());
                    }
                    return archive;
                },
                memory);
    }

    boolean is(WalArchive asked) {
        return archive == asked;
    }

    /** Whether it has said "no" to what its script is for. */
    boolean hasDenied() {
        return script.denied().get();
    }

    private Script begun() {
        return Objects.requireNonNull(begun.get(Thread.currentThread()));
    }

    /** Answers by a word. */
    Optional<String> word() throws IOException {
        return says() ? Optional.of(name) : Optional.empty();
    }

    /** Answers by a file. */
    Optional<Found> file() throws IOException {
        return says()
                ? Optional.of(new Found(new Told((Answer.Yes) begun().answer()), Following.NONE))
                : Optional.empty();
    }

    private boolean says() throws IOException {
        Script now = begun();
        pass(now.answers());
        return switch (now.answer()) {
            case Answer.No no -> {
                now.denied().set(true);
                yield false;
            }
            case Answer.Yes yes -> true;
            case Answer.Fails fails -> throw thrown(fails.exception());
        };
    }

    private void pass(Wait wait) throws IOException {
        try {
            switch (wait) {
                case Wait.Millis millis -> Thread.sleep(millis.count());
                case Wait.Sleeping sleeping -> end.await();
                case Wait.Hanging hanging -> hang();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailable("interrupted", e);
        }
    }

    private void hang() {
        boolean interrupted = false;
        while (true) {
            try {
                end.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static IOException thrown(Exception exception) throws IOException {
        if (exception instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        throw (IOException) exception;
    }

    private static StorageUnavailable broken() {
        return new StorageUnavailable("the connection broke", null);
    }

    private final class Told extends FilterInputStream {
        private final Answer.Yes told;
        private final int end;
        private int position;

        Told(Answer.Yes told) {
            super(new ByteArrayInputStream(bytes));
            this.told = told;
            this.end = told.content() == Content.GOOD || told.content() == Content.CANNOT_BE_CLOSED
                    ? bytes.length
                    : bytes.length / 2 + 100;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int half = bytes.length / 2;
            if (position == half) {
                pass(told.inTheMiddle());
            }
            if (position == end) {
                return switch (told.content()) {
                    case DAMAGED -> throw new DamagedObjectException(KEY, "its content does not match its digest");
                    case BREAKS -> throw broken();
                    case GOOD, CUT_OFF, CANNOT_BE_CLOSED -> -1;
                };
            }
            int count =
                    super.read(buffer, offset, Math.min(length, position < half ? half - position : end - position));
            position += count;
            return count;
        }

        @Override
        public void close() throws IOException {
            if (told.content() == Content.CANNOT_BE_CLOSED) {
                throw broken();
            }
        }
    }
}
