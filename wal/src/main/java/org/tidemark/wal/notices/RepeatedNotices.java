// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.notices;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UnsyncedFile;

/**
 * Decides which repetitions of a notice are told: one when it begins, one an hour while it lasts, and one when it has
 * ended. What may be a matter of a moment, such as a slow store, is no warning before it has lasted for some time.
 * Thread-safe.
 */
public final class RepeatedNotices {
    /** Between two warnings. */
    static final Duration REPEATED = Duration.ofHours(1);
    /** What has not been seen for this long has ended, and is told as new. */
    static final Duration FORGOTTEN = Duration.ofHours(2);

    /** What is seen besides is told again. */
    static final int MOST_SUBJECTS = 1000;

    private static final Pattern NUMBERS = Pattern.compile("[0-9A-F]*[0-9][0-9A-F]*");

    private final Memory memory;
    private final Set<String> subjects = new HashSet<>();
    private final Clock clock;

    /** What is to be told now. */
    public enum Kind {
        /** Nothing: it was told a short time ago. */
        NOTHING,
        /** That it begins; it may be a matter of a moment. */
        NOTE,
        /** That it is so, or still is so. */
        WARNING
    }

    /**
     * What is to be told.
     *
     * @param lasting since it was seen first; zero when it begins
     */
    public record Notice(Kind kind, Duration lasting) {}

    /** @param warned when it was told as a warning last; empty: not yet */
    record State(Instant since, Optional<Instant> warned, Instant seen) {}

    /** Where states are kept. A state that cannot be kept is told more often. */
    sealed interface Memory {
        @Nullable
        State read(String subject);

        /**
         * Keeps a state, if it can.
         *
         * @param changed whether more than the time at which it was seen differs
         */
        void write(String subject, State state, boolean changed);

        void remove(String subject);
    }

    private RepeatedNotices(Memory memory, Clock clock) {
        this.memory = memory;
        this.clock = clock;
    }

    /** For a process that stays. */
    public static RepeatedNotices ofProcess(Clock clock) {
        return new RepeatedNotices(new InProcess(), clock);
    }

    /** For processes of this host that take turns, such as the calls of wal-push. */
    public static RepeatedNotices in(Path spool, Clock clock) {
        return new RepeatedNotices(new InSpool(SpoolPart.WARNED.in(spool)), clock);
    }

    /**
     * It is so, now or still.
     *
     * @param subject the same for all repetitions, whose text may change
     * @param patience for how long it is no warning; zero: it is one at once
     */
    public synchronized Notice seen(String subject, Duration patience) {
        Instant now = clock.instant();
        if (subjects.size() >= MOST_SUBJECTS) {
            List.copyOf(subjects).forEach(memory::remove);
            subjects.clear();
        }
        subjects.add(subject);
        State before = memory.read(subject);
        if (before == null
                || before.since().isAfter(now)
                || before.seen().plus(FORGOTTEN).isBefore(now)) {
            boolean warns = patience.isZero();
            memory.write(subject, new State(now, warns ? Optional.of(now) : Optional.empty(), now), true);
            return new Notice(warns ? Kind.WARNING : Kind.NOTE, Duration.ZERO);
        }
        Duration lasting = Duration.between(before.since(), now);
        boolean warns = before.warned()
                .map(last -> last.isAfter(now) || !last.plus(REPEATED).isAfter(now))
                .orElse(lasting.compareTo(patience) >= 0);
        memory.write(subject, new State(before.since(), warns ? Optional.of(now) : before.warned(), now), warns);
        return new Notice(warns ? Kind.WARNING : Kind.NOTHING, lasting);
    }

    /**
     * It is not so now.
     *
     * @param calm for how long it must not have been seen: what comes and goes has not ended
     * @return for how long it was so, if that is to be told now
     */
    public synchronized Optional<Duration> over(String subject, Duration calm) {
        State before = memory.read(subject);
        Instant now = clock.instant();
        if (before == null || before.seen().plus(calm).isAfter(now)) {
            return Optional.empty();
        }
        memory.remove(subject);
        return before.seen().plus(FORGOTTEN).isBefore(now)
                ? Optional.empty()
                : Optional.of(Duration.between(before.since(), before.seen()));
    }

    /** For everything whose subject begins so, and that this object has seen: the longest time. */
    public synchronized Optional<Duration> overAll(String beginning) {
        Optional<Duration> longest = Optional.empty();
        for (String subject : List.copyOf(subjects)) {
            if (subject.startsWith(beginning)) {
                subjects.remove(subject);
                Optional<Duration> lasted = over(subject, Duration.ZERO);
                if (lasted.isPresent() && lasted.get().compareTo(longest.orElse(Duration.ZERO)) >= 0) {
                    longest = lasted;
                }
            }
        }
        return longest;
    }

    /** A message without its numbers and LSNs, which change while it stays the same: a part of a subject. */
    public static String withoutNumbers(String message) {
        return NUMBERS.matcher(message).replaceAll("");
    }

    private static final class InProcess implements Memory {
        private final Map<String, State> states = new ConcurrentHashMap<>();

        @Override
        public @Nullable State read(String subject) {
            return states.get(subject);
        }

        @Override
        public void write(String subject, State state, boolean changed) {
            states.put(subject, state);
        }

        @Override
        public void remove(String subject) {
            states.remove(subject);
        }
    }

    /** A file for each subject, which was modified when it was seen last. */
    private static final class InSpool implements Memory {
        private static final int MOST_BYTES = 100;

        private final Path directory;

        InSpool(Path directory) {
            this.directory = directory;
        }

        private Path file(String subject) {
            return directory.resolve(
                    Sha256.of(subject.getBytes(StandardCharsets.UTF_8)).hex());
        }

        @Override
        public @Nullable State read(String subject) {
            Path file = file(subject);
            try {
                if (!file.toFile().exists() || Files.size(file) > MOST_BYTES) {
                    return null;
                }
                String[] lines = Files.readString(file).split("\n", -1);
                return lines.length < 3
                        ? null
                        : new State(
                                Instant.parse(lines[0]),
                                lines[1].isEmpty() ? Optional.empty() : Optional.of(Instant.parse(lines[1])),
                                Files.getLastModifiedTime(file).toInstant());
            } catch (IOException | DateTimeException e) {
                return null;
            }
        }

        @Override
        public void write(String subject, State state, boolean changed) {
            Path file = file(subject);
            try {
                if (changed) {
                    String text = state.since() + "\n"
                            + state.warned().map(Instant::toString).orElse("") + "\n";
                    UnsyncedFile.replace(file, text.getBytes(StandardCharsets.UTF_8));
                }
                Files.setLastModifiedTime(file, FileTime.from(state.seen()));
            } catch (IOException e) {
                // On a full disk it is told each time, which is right.
            }
        }

        @Override
        public void remove(String subject) {
            try {
                Files.delete(file(subject));
            } catch (NoSuchFileException e) {
                // Another process has told it.
            } catch (IOException e) {
                // It is told again.
            }
        }
    }
}
