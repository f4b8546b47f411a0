// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * A repository in which nothing has happened for a week by the clock. Either its server is gone, and what is there is
 * worth more than a policy knows; or the clock has jumped ahead, and everything is due at once.
 */
final class IdleRepository {
    private static final Duration LONGEST = Duration.ofDays(7);

    private IdleRepository() {}

    /**
     * Nobody may be there who sees what is deleted.
     *
     * @param newest the newest incarnation in the repository
     * @throws UserFacingException NO if neither WAL nor an expiry is recent
     */
    static void refuse(String repository, ClusterArchive newest, Instant now) throws IOException {
        Instant since = now.minus(LONGEST);
        // In order of cost: WAL is listed only where nothing else is recent.
        if (isRecent(scheduled(newest), since, now)
                || isRecent(newest.backups().lastRemoval().map(Tombstone::at).stream(), since, now)
                || isRecent(newest.wal().gaps().removed().stream().map(RemovedWal::at), since, now)
                || isRecent(
                        newest.wal().inventory().timelines().stream()
                                .flatMap(timeline -> timeline.runs().stream())
                                .map(WalRun::lastStored),
                        since,
                        now)) {
            return;
        }
        throw new UserFacingException(
                ExitCode.NO,
                "nothing is deleted from '" + repository + "': for " + LONGEST.toDays()
                        + " days by the clock of this host, no WAL of the newest incarnation has arrived and no expiry"
                        + " has run",
                "Check the clock of this host. If it is right, delete what has expired with: "
                        + CopyableCommand.of("expire", "--confirm", "--repository", repository));
    }

    private static Stream<Instant> scheduled(ClusterArchive newest) throws IOException {
        Optional<Instant> done =
                new ScheduledRuns(newest.repository().store(), newest.identity().keys()).lastDone(ScheduledTask.EXPIRE);
        return done.stream();
    }

    /** A date ahead was given by a wrong clock. */
    private static boolean isRecent(Stream<Instant> times, Instant since, Instant now) {
        Instant latest = now.plus(BaseBackup.Run.CLOCK_DIFFERENCE);
        return times.anyMatch(time -> since.isBefore(time) && !time.isAfter(latest));
    }
}
