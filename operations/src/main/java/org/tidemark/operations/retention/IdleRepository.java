// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/**
 * A repository in which nothing has happened for a week by the clock, or nothing in the days before today. Either its
 * server is gone, and what is there is worth more than a policy knows; or the clock has jumped ahead, and everything is
 * due at once.
 */
final class IdleRepository {
    private static final Duration LONGEST = Duration.ofDays(7);

    /** A server that archives writes with a wrong clock at once; an operator notices within half a day, or never. */
    private static final Duration TODAY = Duration.ofHours(12);

    /** A weekly task has its last time exactly a week ago. */
    private static final Duration BEFORE = Duration.ofDays(8);

    private static final Duration SLACK = Duration.ofDays(1);

    private IdleRepository() {}

    /**
     * Nobody may be there who sees what is deleted.
     *
     * @param newest the newest incarnation in the repository
     * @param previous when the expiry before this one was due; empty if that is not known
     * @throws UserFacingException NO if neither WAL nor an expiry is recent, or if nothing is a little older
     */
    static void refuse(String repository, ClusterArchive newest, Optional<Instant> previous, Instant now)
            throws IOException {
        refuseUnlessRecent(repository, newest, now);
        // What is done once a month has its last time a month ago.
        Instant before = Stream.concat(Stream.of(now.minus(BEFORE)), previous.map(due -> due.minus(SLACK)).stream())
                .min(Instant::compareTo)
                .orElseThrow();
        if (hasJumped(newest, before, now)) {
            throw refusal(
                    repository,
                    "by the clock of this host, nothing was stored there between " + UtcTime.seconds(before) + " and "
                            + UtcTime.seconds(now.minus(TODAY)) + ", but before and since; did the clock jump ahead?");
        }
    }

    private static UserFacingException refusal(String repository, String why) {
        return new UserFacingException(
                ExitCode.NO,
                "nothing is deleted from '" + repository + "': " + why,
                "Check the clock of this host. If it is right, delete what has expired with: "
                        + CopyableCommand.of("expire", "--confirm", "--repository", repository));
    }

    /** Whether all is either of today or old. In a repository that was made today, nothing is old. */
    private static boolean hasJumped(ClusterArchive newest, Instant before, Instant now) throws IOException {
        ObjectStore store = newest.repository().store();
        IncarnationKeys keys = newest.identity().keys();
        boolean isOld = false;
        // In order of cost: an expiry that runs each day is seen in the first.
        for (String prefix : List.of(
                RunKeys.prefix(keys, ScheduledTask.EXPIRE),
                keys.tombstones(),
                keys.gaps(),
                keys.catalog(),
                keys.wal())) {
            StoredTimes times = new StoredTimes(before, now.minus(TODAY));
            Listing.visit(store, prefix, times);
            if (times.isBetween) {
                return false;
            }
            isOld |= times.isOld;
        }
        return isOld;
    }

    private static final class StoredTimes implements Listing.Visitor {
        private final Instant today;
        private final Instant before;
        private boolean isBetween;
        private boolean isOld;

        StoredTimes(Instant before, Instant today) {
            this.before = before;
            this.today = today;
        }

        @Override
        public void visit(ObjectInfo object) {
            boolean isOfToday = object.stored().isAfter(today);
            boolean isOlder = object.stored().isBefore(before);
            isBetween |= !isOfToday && !isOlder;
            isOld |= isOlder;
        }
    }

    private static void refuseUnlessRecent(String repository, ClusterArchive newest, Instant now) throws IOException {
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
        throw refusal(
                repository,
                "for " + LONGEST.toDays() + " days by the clock of this host, no WAL of the newest incarnation has"
                        + " arrived and no expiry has run");
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
