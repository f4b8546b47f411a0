// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

/** The kinds of numbers that findings have. Their names are what programs read, so none is ever changed. */
public enum Measure {
    AGE(
            "ageSeconds",
            Unit.SECONDS,
            Together.LARGEST,
            "age of the newest backup or WAL, or of the oldest backup that is awaited"),
    ARRIVAL("arrivalSeconds", Unit.SECONDS, Together.LARGEST, "time from the end of a segment to its arrival"),
    BACKUPS("backups", Unit.COUNT, Together.SUM, "backups that are kept for another repository alone"),
    BYTES("bytes", Unit.BYTES, Together.SUM, "size of what is queued, or kept for another repository alone"),
    COUNT("count", Unit.COUNT, Together.SUM, "temporary files, or unfinished backups"),
    DIFFERENCE("differenceSeconds", Unit.SECONDS, Together.LARGEST, "difference from the clock of this host"),
    FORECAST("forecastSeconds", Unit.SECONDS, Together.LARGEST, "how long a restore to the newest WAL would take"),
    FREE("freeBytes", Unit.BYTES, Together.SMALLEST, "free space"),
    HELD("heldBytes", Unit.BYTES, Together.LARGEST, "most WAL that a slot holds"),
    LAG("lagBytes", Unit.BYTES, Together.LARGEST, "most WAL that a standby has yet to replay"),
    LEAVING("leaving", Unit.COUNT, Together.SUM, "backups that the next expiry deletes"),
    LIMIT("limitBytes", Unit.BYTES, Together.LARGEST, "size that the spool may reach"),
    MISSING_OBJECTS("missingObjects", Unit.COUNT, Together.SUM, "objects that a backup lacks"),
    OBJECTS("objects", Unit.COUNT, Together.SUM, "objects that are queued"),
    OLDEST_READY(
            "oldestReadySeconds",
            Unit.SECONDS,
            Together.LARGEST,
            "time since the oldest waiting segment was completed"),
    OVERDUE("overdue", Unit.COUNT, Together.SUM, "backups that should have been deleted a day ago"),
    PROBLEMS("problems", Unit.COUNT, Together.SUM, "problems that verify found"),
    READY("ready", Unit.COUNT, Together.LARGEST, "segments that wait to be archived"),
    SEGMENTS("segments", Unit.COUNT, Together.SUM, "segments that are missing, or kept for another repository alone"),
    SIZE("sizeBytes", Unit.BYTES, Together.LARGEST, "size of pg_wal"),
    TOTAL("totalBytes", Unit.BYTES, Together.LARGEST, "size of the file system"),
    UNVERIFIED("unverifiedSeconds", Unit.SECONDS, Together.LARGEST, "longest time that a backup has not been read"),
    USABLE("usable", Unit.COUNT, Together.SMALLEST, "backups that can be restored"),
    WAITING("waiting", Unit.COUNT, Together.LARGEST, "sessions whose commits wait");

    /** In what it is given. */
    public enum Unit {
        BYTES,
        SECONDS,
        COUNT
    }

    /** What several findings of one subject, in one repository, say together. */
    private enum Together {
        SUM,
        LARGEST,
        SMALLEST
    }

    private final String text;
    private final Unit unit;
    private final Together together;
    private final String meaning;

    Measure(String text, Unit unit, Together together, String meaning) {
        this.text = text;
        this.unit = unit;
        this.together = together;
        this.meaning = meaning;
    }

    public Unit unit() {
        return unit;
    }

    /** One value for two findings of one subject, in one repository. */
    public long together(long one, long other) {
        return switch (together) {
            case SUM -> one + other;
            case LARGEST -> Math.max(one, other);
            case SMALLEST -> Math.min(one, other);
        };
    }

    /** A phrase for a page or the help of a metric. */
    public String meaning() {
        return meaning;
    }

    /** In JSON: {@code ageSeconds}. */
    @Override
    public String toString() {
        return text;
    }
}
