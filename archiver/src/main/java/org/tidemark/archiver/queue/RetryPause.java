// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.SpoolPart;

/**
 * How long a repository that failed is left alone, across processes: a dead one must not cost every call its time
 * limit. Each failure doubles the pause, up to a limit; a success ends it. It is a hint and nothing depends on it: what
 * cannot be read or written is as if it were not there. Thread-safe.
 */
public final class RetryPause {
    static final Duration FIRST = Duration.ofMinutes(1);
    static final Duration LONGEST = Duration.ofMinutes(5);
    /** For this long after a pause its failures count as recent. */
    private static final Duration LATE = Duration.ofMinutes(1);

    private static final int MAX_FAILURES = 30;

    private final Path directory;
    private final Path file;
    private final Duration first;
    private final Duration longest;

    RetryPause(Path directory, String name) {
        this(directory, name, FIRST, LONGEST);
    }

    private RetryPause(Path directory, String name, Duration first, Duration longest) {
        this.directory = directory;
        this.file = directory.resolve(name);
        this.first = first;
        this.longest = longest;
    }

    /** A pause of the readers, who do not wait for those who write. */
    public static RetryPause ofReading(Path spool, String name) {
        return new RetryPause(SpoolPart.UNREAD.in(spool), name);
    }

    /** The same for a reader that has one repository alone: always {@code duration}. */
    public static RetryPause ofReading(Path spool, String name, Duration duration) {
        return new RetryPause(SpoolPart.UNREAD.in(spool), name, duration, duration);
    }

    private record State(int failures, long untilMillis) {}

    /** Whether the repository is still to be left alone. */
    public boolean lasts(Clock clock) {
        return end(clock).isPresent();
    }

    /**
     * When the repository may be asked again; empty if it may be asked now. A moment too far in the future comes from a
     * clock that was set back.
     */
    public Optional<Instant> end(Clock clock) {
        long untilMillis = read().untilMillis;
        long left = untilMillis - clock.millis();
        return left > 0 && left <= longest.toMillis()
                ? Optional.of(Instant.ofEpochMilli(untilMillis))
                : Optional.empty();
    }

    /** Notes a failure. */
    public void failed(Clock clock) {
        int failures = Math.min(read().failures + 1, MAX_FAILURES);
        write(failures, clock.millis() + Math.min(longest.toMillis(), first.toMillis() << (failures - 1)));
    }

    private void write(int failures, long untilMillis) {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Files.writeString(file, failures + " " + untilMillis + "\n");
        } catch (IOException e) {
            // Then it is tried again sooner.
        }
    }

    /** Notes a success. */
    public void succeeded() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It ends by itself.
        }
    }

    /** Notes a success, and ends the pause; more than one recent failure is remembered anyway. */
    public void answered(Clock clock) {
        int failures = failuresOfLate(clock);
        if (failures > 1) {
            write(failures, clock.millis());
        } else {
            succeeded();
        }
    }

    /** How many failures led to a pause that still lasts, or ended a short time ago. */
    public int failuresOfLate(Clock clock) {
        State state = read();
        long since = clock.millis() - state.untilMillis;
        return -longest.toMillis() <= since && since < LATE.toMillis() ? state.failures : 0;
    }

    private State read() {
        try {
            if (Files.exists(file)) {
                String text = Files.readString(file).strip();
                int blank = text.indexOf(' ');
                return new State(
                        Math.clamp(Integer.parseInt(text.substring(0, Math.max(blank, 0))), 0, MAX_FAILURES),
                        Long.parseLong(text.substring(blank + 1)));
            }
        } catch (IOException | IllegalArgumentException e) {
            // As if it were not there.
        }
        return new State(0, 0);
    }
}
