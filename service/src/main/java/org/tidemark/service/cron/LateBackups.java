// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.backups.WaitingBackups;
import org.tidemark.operations.backups.WaitingBackups.Outcome;
import org.tidemark.session.Session;

/** The backups whose WAL had not arrived when the program that took them ended. Not thread-safe. */
final class LateBackups {
    /** While a backup that began less than so long ago waits for its WAL, no other one is taken. */
    private static final Duration LONGEST_WAIT = Duration.ofDays(1);

    /** A backup that waited is never completed after these. */
    private static final Set<ExitCode> LOST =
            EnumSet.of(ExitCode.WAL_MISSING, ExitCode.BACKUP_FAILED, ExitCode.NO_BACKUP);

    private final Session session;
    private final Clock clock;
    private final Set<BackupId> lost = new HashSet<>();
    private @Nullable WaitingBackups waiting;

    LateBackups(Session session, Clock clock) {
        this.session = session;
        this.clock = clock;
    }

    private WaitingBackups waiting() {
        WaitingBackups found = waiting == null ? WaitingBackups.of(session, clock.instant()) : waiting;
        waiting = found;
        return found;
    }

    /** Publishes those whose WAL has arrived meanwhile. */
    List<Outcome> complete() {
        List<Outcome> outcomes = waiting().completeAll();
        for (Outcome each : outcomes) {
            if (each instanceof Outcome.Failed failed
                    && LOST.contains(failed.why().exitCode())) {
                lost.add(each.id());
            }
        }
        return outcomes;
    }

    /** One that began since {@code due} and for which it is still worth waiting. */
    Optional<BackupId> awaited(Instant due, Instant now) {
        Instant limit = now.minus(LONGEST_WAIT);
        BackupId first = BackupId.of(limit.isAfter(due) ? limit : due, 1);
        BackupId ahead = BackupId.of(now.plus(BaseBackup.Run.CLOCK_DIFFERENCE), 1);
        return waiting().all().stream()
                .map(WaitingBackups.Waiting::id)
                .filter(id -> id.compareTo(first) >= 0 && id.compareTo(ahead) < 0 && !lost.contains(id))
                .findFirst();
    }
}
