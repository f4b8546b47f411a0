// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

/** The kinds of numbers that findings have. Their names are what programs read, so none is ever changed. */
public enum Measure {
    AGE("ageSeconds", Unit.SECONDS, "age of the newest backup or WAL, or of the oldest backup that is awaited"),
    ARRIVAL("arrivalSeconds", Unit.SECONDS, "time from the end of a segment to its arrival"),
    BACKUPS("backups", Unit.COUNT, "backups that are kept for another repository alone"),
    BYTES("bytes", Unit.BYTES, "size of what is queued, or kept for another repository alone"),
    COUNT("count", Unit.COUNT, "temporary files, or unfinished backups"),
    DIFFERENCE("differenceSeconds", Unit.SECONDS, "difference from the clock of this host"),
    FORECAST("forecastSeconds", Unit.SECONDS, "how long a restore to the newest WAL would take"),
    FREE("freeBytes", Unit.BYTES, "free space"),
    HELD("heldBytes", Unit.BYTES, "most WAL that a slot holds"),
    LAG("lagBytes", Unit.BYTES, "most WAL that a standby has yet to replay"),
    LEAVING("leaving", Unit.COUNT, "backups that the next expiry deletes"),
    LIMIT("limitBytes", Unit.BYTES, "size that the spool may reach"),
    MISSING_OBJECTS("missingObjects", Unit.COUNT, "objects that a backup lacks"),
    OBJECTS("objects", Unit.COUNT, "objects that are queued"),
    OLDEST_READY("oldestReadySeconds", Unit.SECONDS, "time since the oldest waiting segment was completed"),
    OVERDUE("overdue", Unit.COUNT, "backups that should have been deleted a day ago"),
    PROBLEMS("problems", Unit.COUNT, "problems that verify found"),
    READY("ready", Unit.COUNT, "segments that wait to be archived"),
    SEGMENTS("segments", Unit.COUNT, "segments that are missing, or kept for another repository alone"),
    SIZE("sizeBytes", Unit.BYTES, "size of pg_wal"),
    TOTAL("totalBytes", Unit.BYTES, "size of the file system"),
    UNVERIFIED("unverifiedSeconds", Unit.SECONDS, "longest time that a backup has not been read"),
    USABLE("usable", Unit.COUNT, "backups that can be restored"),
    WAITING("waiting", Unit.COUNT, "sessions whose commits wait");

    /** In what it is given. */
    public enum Unit {
        BYTES,
        SECONDS,
        COUNT
    }

    private final String text;
    private final Unit unit;
    private final String meaning;

    Measure(String text, Unit unit, String meaning) {
        this.text = text;
        this.unit = unit;
        this.meaning = meaning;
    }

    public Unit unit() {
        return unit;
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
