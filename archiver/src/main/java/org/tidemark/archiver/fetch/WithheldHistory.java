// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.TimelineHistoryFile;

/**
 * Takes back a history that was delivered to a standby which has just been started and cannot follow its timeline: a
 * test copy was promoted further back, and archived the file. PostgreSQL would not start. The file stays where the
 * standby can follow this timeline or a later one, where its setting is not certainly 'latest', where pg_wal has it
 * anyway, and in any doubt; a promotion always gets it, since the id is taken (docs/adr/0073). Only loaded for a
 * standby that has replayed nothing since its start.
 */
record WithheldHistory(RepositoryFailover sources, FetchRequest request) {
    /** @param file has been delivered to the target of the request */
    Optional<FetchResult> insteadOf(TimelineHistoryFile file) {
        Recovery recovery = request.recovery();
        if (!recovery.isStandby()
                || recovery.reached().isEmpty()
                || !(recovery.setting().get() instanceof Recovery.TargetTimeline.Newest)) {
            return Optional.empty();
        }
        Timeline own = recovery.reached().stream()
                .map(Recovery.Position::timeline)
                .max(Timeline::compareTo)
                .orElseThrow();
        FollowableTimelines followable = new FollowableTimelines(own, recovery.reached());
        try {
            TimelineHistory asked = LocalHistories.of(file.timeline(), request.target());
            if (file.timeline().compareTo(own) <= 0 || followable.contain(asked)) {
                return Optional.empty();
            }
            List<TimelineHistory> known = LocalHistories.in(recovery.walDirectory());
            boolean isLocal = known.stream().anyMatch(each -> each.timeline().equals(file.timeline()));
            known.add(asked);
            if (isLocal
                    || !followable.beyond(known).contains(asked)
                    || sources.first(archive -> leadsOn(archive, file.timeline(), followable))
                            .isPresent()) {
                return Optional.empty();
            }
            Files.delete(request.target());
            return Optional.of(new FetchResult.Withheld(followable.why(asked)));
        } catch (IOException | CouldNotTellException | UserFacingException | IllegalArgumentException e) {
            return Optional.empty(); // in doubt
        }
    }

    /** Present if the archive has this timeline, or a later one, in a way that the standby can follow, or may. */
    private static Optional<Timeline> leadsOn(WalArchive archive, Timeline asked, FollowableTimelines followable)
            throws IOException {
        for (Timeline each : archive.listing().timelines()) {
            if (each.compareTo(asked) < 0) {
                continue;
            }
            Optional<TimelineHistory> history = archive.history(each);
            // Of a later timeline without a history nobody knows where it began.
            boolean may = history.isPresent() ? followable.contain(history.get()) : !each.equals(asked);
            if (may) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }
}
