// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.UUID;
import org.tidemark.store.ObjectKey;

/**
 * Where the attempts at one run of a scheduled task are. Immutable.
 *
 * @param due when the run was due, in whole seconds
 */
public record RunKeys(IncarnationKeys incarnation, ScheduledTask task, Instant due) {
    /** Between the numbers of an attempt and of its sign of life. */
    static final String ALIVE = "-alive-";

    /** After the number of an attempt that ended. */
    static final String ENDED = "-ended";

    /** Before the id of another repository. */
    static final String ELSEWHERE = "in-";

    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT);

    public RunKeys {
        due = due.truncatedTo(ChronoUnit.SECONDS);
    }

    /** The beginning of the keys of all runs of a task, with its slash. */
    public static String prefix(IncarnationKeys incarnation, ScheduledTask task) {
        return incarnation.runs() + task + "/";
    }

    /** The beginning of the keys of this run, with its slash. */
    public String prefix() {
        return prefix(incarnation, task) + SECOND.format(due.atOffset(ZoneOffset.UTC)) + "/";
    }

    /** What says that an attempt began. */
    public ObjectKey begun(int number) {
        return new ObjectKey(prefix() + IncarnationKeys.digits(number) + ".json");
    }

    /** What says that an attempt went on. */
    public ObjectKey alive(int number, int sign) {
        return new ObjectKey(
                prefix() + IncarnationKeys.digits(number) + ALIVE + IncarnationKeys.digits(sign) + ".json");
    }

    /** What says how an attempt ended. */
    public ObjectKey ended(int number) {
        return new ObjectKey(prefix() + IncarnationKeys.digits(number) + ENDED + ".json");
    }

    /** What says how an attempt ended in another repository, which could not record it. */
    public ObjectKey elsewhere(UUID repository) {
        return new ObjectKey(prefix() + ELSEWHERE + repository + ".json");
    }

    /**
     * Reads the part of a key that says when a run was due.
     *
     * @throws IllegalArgumentException if it is no time
     */
    static Instant due(String part) {
        try {
            return LocalDateTime.parse(part, SECOND).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a time: '" + part + "'", e);
        }
    }
}
