// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.Amounts;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.backups.ListedBackup.ReadableCopy;
import org.tidemark.operations.backups.ListedBackup.RemainingObjects;
import org.tidemark.operations.backups.ListedBackup.UnreadableCopy;
import org.tidemark.recoverability.BackupProblem;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.session.reading.UnfinishedCopy;

/**
 * What is to be said of a listed backup, in the same words in every command. Immutable.
 *
 * @param problems why it cannot be restored, or not from everywhere
 * @param notes other remarks about it
 */
public record BackupRemarks(List<String> problems, List<String> notes) {
    /**
     * What is to be said of a backup and of its copies.
     *
     * @param now tells whether the next expire deletes what is left of an interrupted backup
     */
    public static BackupRemarks of(ListedBackup listed, Instant now) {
        CopyRemarks failing = new CopyRemarks(listed.copies().size());
        CopyRemarks remarks = new CopyRemarks(listed.copies().size());
        for (ListedBackup.Copy copy : listed.copies()) {
            switch (copy) {
                case ReadableCopy readable -> {
                    readable.lacking().ifPresent(lacking -> failing.add(copy.repository(), lacking.problem()));
                    Optional<Mark.Verified> own = readable.marks().damage(listed.id());
                    Optional<Mark.Verified> damage = listed.damage(readable.marks());
                    if (damage.isPresent()) {
                        failing.add(copy.repository(), own.isPresent() ? found(damage.get()) : inherited(damage.get()));
                    } else {
                        readable.marks()
                                .verified(listed.id())
                                .ifPresent(mark -> remarks.add(copy.repository(), "verified " + day(mark.readSince())));
                    }
                }
                case UnreadableCopy unreadable -> failing.add(copy.repository(), unreadable.problem());
                case RemainingObjects remains -> remarks.add(copy.repository(), words(remains.unfinished(), now));
            }
        }
        return new BackupRemarks(problems(listed, failing), notes(listed, remarks));
    }

    private static List<String> problems(ListedBackup listed, CopyRemarks failing) {
        List<String> problems = new ArrayList<>(failing.texts());
        for (BackupProblem each : listed.against()) {
            switch (each) {
                case BackupProblem.Damaged _ -> {} // told of each copy
                case BackupProblem.NoHistory history ->
                    problems.addFirst("the history of timeline " + history.timeline() + " is not archived");
                case BackupProblem.MissingWal missing ->
                    problems.addFirst("its WAL is not complete: " + missing.problem());
            }
        }
        listed.drill()
                .filter(DrillEvidence::isFailureOfData)
                .ifPresent(drill -> problems.add("a drill of it failed " + day(drill.ended())));
        if (listed.hasNamesake()) {
            problems.add("another repository holds a different backup with this id");
        }
        return problems;
    }

    private static List<String> notes(ListedBackup listed, CopyRemarks remarks) {
        List<String> notes = new ArrayList<>(remarks.texts());
        listed.drill().filter(DrillEvidence::isProven).ifPresent(drill -> notes.add("drilled " + day(drill.ended())));
        listed.backup().ifPresent(backup -> {
            backup.name().ifPresent(name -> notes.addFirst('"' + name + '"'));
            long pages = backup.contents().damagedPagesCount();
            if (pages > 0) {
                notes.add(Amounts.count(pages, "damaged page", "damaged pages") + " in the cluster itself");
            }
            backup.contents()
                    .contentTime()
                    .ifPresent(time -> notes.add("its content is of " + Amounts.minute(time) + ", at most "
                            + Amounts.duration(
                                    Duration.between(time, backup.run().ended()))
                            + " older than the backup"));
            int warnings = backup.run().warnings().size();
            if (warnings > 0) {
                notes.add(Amounts.count(warnings, "warning", "warnings") + " when it was taken");
            }
        });
        return notes;
    }

    private static String found(Mark.Verified damage) {
        return Amounts.count(damage.problems(), "problem", "problems") + " when verified " + day(damage.at());
    }

    /** Nobody has verified the backup itself. */
    private static String inherited(Mark.Verified damage) {
        return "may refer to data of an earlier backup that verify found damaged " + day(damage.at()) + ": verify it";
    }

    private static String day(Instant at) {
        return Amounts.minute(at).substring(0, 10);
    }

    private static String words(UnfinishedCopy copy, Instant now) {
        String newest = Amounts.minute(copy.newest());
        return switch (copy.state()) {
            case WAITING ->
                copy.hasItsWal()
                        ? "its backup.json is missing, although its WAL is archived; 'tidemark cron' stores it"
                        : "its files were stored by " + newest + ", and it waits for its WAL";
            case RUNNING -> "newest object " + newest;
            case REMOVED ->
                "removed; expire deletes what is left once no backup needs it (an interrupted one counts for 7 days)";
            case INTERRUPTED, COMPLETE, BROKEN ->
                (copy.isLate()
                                ? "its WAL did not arrive in time"
                                : copy.endedHere()
                                        ? "it failed, or was ended, on this host"
                                        : "no object since " + newest)
                        + remains(copy, now);
        };
    }

    private static String remains(UnfinishedCopy copy, Instant now) {
        if (copy.isUsed()) {
            return "; a backup uses what it has stored";
        }
        return Duration.between(copy.newest(), now).compareTo(UnfinishedBackup.GRACE_PERIOD) > 0
                ? "; the next expire deletes what is left"
                : "";
    }
}
