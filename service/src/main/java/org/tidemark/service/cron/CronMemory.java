// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.core.ClusterName;
import org.tidemark.core.LockedFile;
import org.tidemark.core.SpoolHint;
import org.tidemark.core.SpoolPart;
import org.tidemark.session.SpoolId;

/**
 * What a host remembers between two calls of {@code cron}, in its spool: it saves questions to repositories, and says
 * nothing that they do not say. A part of the work is identified by a name such as {@code backup} or
 * {@code verify-offsite}.
 */
final class CronMemory {
    /** A problem that lasts is told again after so long. */
    static final Duration TOLD_AGAIN = Duration.ofHours(1);

    private static final Pattern WORD_WITH_DIGIT = Pattern.compile("[\\w.:-]*\\d[\\w.:-]*");

    private final Path spool;
    private final String folder;

    CronMemory(Path spool, ClusterName cluster) {
        this.spool = spool;
        this.folder = cluster.value() + "/";
    }

    /** The id of the spool: two hosts may have the same name. Another one each time if it cannot be stored. */
    String spoolId() {
        return SpoolId.of(spool).toString();
    }

    /** When the last run that is known to be done was due. */
    Optional<Instant> done(String part) {
        return time(part, "done");
    }

    private Optional<Instant> time(String part, String what) {
        try {
            return hint(part, what).read().map(Instant::parse);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    void done(String part, Instant due) {
        hint(part, "done").write(due.toString());
        hint(part, "told").remove();
    }

    /** When this host began an attempt that has not ended. If another host does the task since, none tells of it. */
    Optional<Instant> begun(String part) {
        return time(part, "begun");
    }

    void begun(String part, Instant at) {
        hint(part, "begun").write(at.toString());
    }

    /** The attempt has ended, or it was told that it was cut off. */
    void ended(String part) {
        hint(part, "begun").remove();
    }

    /** When the last run was due whose failure another repository has recorded. */
    Optional<Instant> recordedElsewhere(String part) {
        return time(part, "elsewhere");
    }

    void recordedElsewhere(String part, Instant due) {
        hint(part, "elsewhere").write(due.toString());
    }

    /** Nothing is wrong any more. */
    void fine(String part) {
        hint(part, "told").remove();
    }

    /**
     * Whether the same problem was told a short time ago; otherwise remembers that it is told now. Words with digits do
     * not count: a time, or the id of a request, is another one in each call.
     */
    boolean isTold(String part, String problem, Instant now) {
        SpoolHint told = hint(part, "told");
        String text = problem.replace('\n', ' ');
        Optional<String> last = told.read();
        if (last.isPresent()) {
            String[] words = last.get().split(" ", 2);
            if (words.length == 2
                    && withoutNumbers(words[1]).equals(withoutNumbers(text))
                    && isAfter(words[0], now.minus(TOLD_AGAIN))) {
                return true;
            }
        }
        told.write(now + " " + text);
        return false;
    }

    private static String withoutNumbers(String text) {
        return WORD_WITH_DIGIT.matcher(text).replaceAll("0");
    }

    /** Whether the last look that found nothing was some time ago. */
    boolean isTimeToLook(String part, Duration pause, Instant now) {
        Optional<String> last = hint(part, "looked").read();
        return last.isEmpty() || !isAfter(last.get(), now.minus(pause));
    }

    void looked(String part, Instant now) {
        hint(part, "looked").write(now.toString());
    }

    /** The next call looks. */
    void mustLook(String part) {
        hint(part, "looked").remove();
    }

    /** The backup that the last look found lacking. */
    Optional<LackingBackup> lacking(String part) {
        return hint(part, "lacking").read().flatMap(LackingBackup::parse);
    }

    void lacking(String part, Optional<LackingBackup> lacking) {
        SpoolHint hint = hint(part, "lacking");
        lacking.ifPresentOrElse(found -> hint.write(found.text()), hint::remove);
    }

    private static boolean isAfter(String time, Instant limit) {
        try {
            return Instant.parse(time).isAfter(limit);
        } catch (DateTimeException e) {
            return false;
        }
    }

    private SpoolHint hint(String part, String what) {
        return new SpoolHint(spool, SpoolPart.CRON, folder + part + "." + what);
    }

    /** Held while one process does a part of the work. */
    interface Lock extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Locks a part of the work against other processes of this host; empty if one of them has it. Where the spool
     * cannot be written, nothing is locked: the claims in the repositories keep two hosts apart.
     */
    Optional<Lock> lock(String part) {
        Path file = SpoolPart.CRON.in(spool).resolve(folder + part + ".lock");
        try {
            Files.createDirectories(
                    file.resolveSibling("."),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .map(lock -> () -> closeQuietly(lock));
        } catch (IOException e) {
            return Optional.of(() -> {});
        }
    }

    /** Ends the lock as well. */
    private static void closeQuietly(LockedFile lock) {
        try {
            lock.close();
        } catch (IOException e) {
            // The lock ends with the process.
        }
    }
}
