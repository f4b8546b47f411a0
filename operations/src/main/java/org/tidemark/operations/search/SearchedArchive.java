// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.search;

import java.io.IOException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.SegmentSources;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.recoverability.ArchivedPath;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.walsearch.UnreadWal;

/**
 * The archived WAL of one timeline's path, in all repositories that answer. Immutable.
 *
 * @param timeline on which the path ends
 * @param whole all of it
 */
record SearchedArchive(
        ClusterReading reading,
        ClusterIdentity identity,
        CatalogSnapshot catalog,
        Timeline timeline,
        ArchivedPath whole,
        SegmentSources sources) {
    /**
     * Lists it.
     *
     * @param wanted empty: the newest timeline
     * @throws UserFacingException NO_BACKUP if no WAL is archived; USAGE if there is no such timeline
     */
    static SearchedArchive of(Session session, Optional<Timeline> wanted, Clock clock) throws IOException {
        ClusterReading reading = ClusterReading.of(session, WalReading.WHOLE, clock.instant());
        ClusterIdentity identity = reading.incarnations().stream()
                .filter(each -> !reading.together(each).wal().timelines().isEmpty())
                .findFirst()
                .orElseThrow(() -> nothing(reading.repositories()));
        CatalogSnapshot catalog = reading.together(identity);
        NavigableSet<Timeline> timelines = catalog.timelines();
        Timeline timeline = wanted.orElseGet(() -> catalog.wal().timelines().last());
        if (!timelines.contains(timeline)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "nothing is archived of timeline " + timeline,
                    "List the timelines with: tidemark wal-list");
        }
        return new SearchedArchive(
                reading,
                identity,
                catalog,
                timeline,
                ArchivedPath.of(catalog, timeline),
                new SegmentSources(reading.of(identity).stream()
                        .map(each -> each.archive().wal())
                        .toList()));
    }

    WalSegmentSize size() {
        return identity.walSegmentSize();
    }

    ArchivedPath.Times times() {
        return segment -> {
            try {
                return sources.read(
                                segment,
                                (in, rest) -> WalRecords.lastTransactionEnd(
                                        in, () -> rest.openIntact(Optional.of(segment.next(size()))), segment, size()))
                        .flatMap(last -> last);
            } catch (DamagedObjectException e) {
                return Optional.empty();
            }
        };
    }

    /**
     * Those of some positions to which no backup and archived WAL lead; none where a repository was not read, since
     * nothing is claimed then.
     *
     * @param unread damage is known to who has read the WAL alone
     */
    Set<Lsn> unreachable(Collection<Lsn> positions, List<UnreadWal> unread) {
        if (!reading.repositories().failures().isEmpty()) {
            return Set.of();
        }
        List<Interval> intervals = RecoverableIntervals.along(catalog, timeline);
        return positions.stream()
                .filter(position -> !isReachable(intervals, unread, position))
                .collect(Collectors.toSet());
    }

    private boolean isReachable(List<Interval> intervals, List<UnreadWal> unread, Lsn position) {
        return intervals.stream()
                .filter(each -> !position.isBefore(each.begin()) && !position.isAfter(each.end()))
                .anyMatch(each -> whole.backups().stream()
                        .filter(backup -> !backup.isDamaged()
                                && !backup.stopLsn().isBefore(each.begin())
                                && !backup.stopLsn().isAfter(position))
                        .anyMatch(backup -> unread.stream()
                                .noneMatch(hole -> hole.first().start(size()).isBefore(position)
                                        && hole.last().end(size()).isAfter(backup.startLsn()))));
    }

    private static UserFacingException nothing(RepositoryReadings repositories) {
        return repositories.failures().values().stream()
                .findFirst()
                .orElseGet(() -> new UserFacingException(
                        ExitCode.NO_BACKUP,
                        "no WAL is archived",
                        "Is this the right repository, and the right cluster? See: tidemark list-backup"));
    }
}
