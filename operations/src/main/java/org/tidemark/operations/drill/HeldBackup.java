// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.backups.BackupMarking;
import org.tidemark.operations.backups.BackupMarking.Marked;
import org.tidemark.operations.backups.BackupMarking.Outcome;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.StoredBackup;
import org.tidemark.session.reading.WalReading;

/**
 * What a drill that failed by the data leaves to an expiry: the backup that the last passed drill has restored is kept
 * for 30 days, with all WAL after it, as an operator keeps one. It may be the last one that can be restored.
 */
public final class HeldBackup {
    private static final Duration HELD = Duration.ofDays(30);
    private static final String WHY = "a drill failed; this backup was restored by the last one that passed";

    private HeldBackup() {}

    /**
     * Keeps the backup in every repository of the session that has it.
     *
     * @return what was done, and what could not be; nothing if the drill did not fail by the data, or no drill has
     *     passed before
     */
    public static List<Finding> after(Session session, DrillReport report, Instant now) {
        Optional<Fault> fault = report.failure().flatMap(Judgement::fault);
        boolean isOfTheData =
                fault.filter(each -> each == Fault.BACKUP || each == Fault.WAL).isPresent();
        if (!isOfTheData || report.plan().askedInVain().isPresent()) {
            return List.of();
        }
        try {
            ClusterReading reading = ClusterReading.of(session, WalReading.NEWER, now);
            Set<BackupId> there = reading.stored().stream()
                    .filter(each -> each.entry() instanceof CatalogEntry.Published)
                    .map(StoredBackup::id)
                    .collect(Collectors.toSet());
            HeldDrills drills = reading.drills(report.plan().source().identity());
            if (fault.get() == Fault.BACKUP) {
                report.backup().map(BackupId::new).ifPresent(there::remove); // its evidence may not be stored
            }
            Optional<BackupId> good = drills.lastGood(there::contains);
            return good.isPresent() ? keep(session, good.get(), now) : List.of();
        } catch (IOException | UserFacingException e) {
            return List.of(notKept("a backup", StorageErrors.explainUnlessInterrupted(e)));
        }
    }

    private static List<Finding> keep(Session session, BackupId id, Instant now) throws IOException {
        Instant until = now.plus(HELD);
        return BackupMarking.of(session)
                .keepAtLeast(
                        id,
                        new Kept(
                                now,
                                Kept.Target.FULL,
                                Optional.of(until),
                                Optional.of(WHY),
                                Optional.of(HostName.ofThisMachine())))
                .marked()
                .stream()
                .flatMap(each -> finding(id, each, until).stream())
                .toList();
    }

    private static Optional<Finding> finding(BackupId id, Marked marked, Instant until) {
        return switch (marked.outcome()) {
            case Outcome.Changed _ ->
                Optional.of(Finding.warning(
                                "drill",
                                "backup '" + id + "' is kept in '" + marked.repository() + "' until "
                                        + UtcTime.seconds(until) + ": an earlier drill of it passed",
                                "When drills pass again, release it with: "
                                        + CopyableCommand.of("keep", id.value(), "--release"))
                        .of(marked.repository()));
            case Outcome.Failed failed ->
                Optional.of(notKept("backup '" + id + "' in '" + marked.repository() + "'", failed.why())
                        .of(marked.repository()));
            case Outcome.Unchanged _, Outcome.Incomplete _, Outcome.Absent _ -> Optional.empty();
        };
    }

    private static Finding notKept(String what, UserFacingException why) {
        return Finding.warning(
                "drill",
                what + ", which a drill has proven before, could not be kept: " + why.getMessage(),
                "Keep the backup of the last drill that passed with: " + CopyableCommand.of("keep", "ID"));
    }
}
