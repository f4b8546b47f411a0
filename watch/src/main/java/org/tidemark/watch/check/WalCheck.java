// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.sync.CopyAdvice;
import org.tidemark.recoverability.AnnouncedTimelines;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.HoleSurvey;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.store.ObjectInfo;

/** Finds gaps in the WAL of all repositories of a cluster together. */
final class WalCheck implements Check<CheckedCluster> {
    /** A push that takes longer than host.push-timeout has failed. */
    private static final Duration ON_ITS_WAY = Duration.ofMinutes(2);

    private static final int MOST_LACKING = 100_000;

    @Override
    public Subject subject() {
        return Subject.HOLES;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        return whole.incarnations().stream()
                .flatMap(held -> new OneIncarnation(whole, held).look().stream())
                .toList();
    }

    /** The repositories of one incarnation. */
    private static final class OneIncarnation {
        private final CheckedCluster whole;
        private final List<IncarnationReading> held;
        /** The server's pg_wal, if its data directory is on this host. */
        private final Optional<LocalPgWal> kept;

        private final CatalogSnapshot all;
        private final HoleSurvey together;
        private final List<Finding> findings = new ArrayList<>();

        OneIncarnation(CheckedCluster whole, List<IncarnationReading> held) {
            this.whole = whole;
            this.held = held;
            this.kept = LocalPgWal.of(whole.cluster());
            this.all = IncarnationReading.together(held);
            this.together = new HoleSurvey(all);
        }

        List<Finding> look() {
            for (IncarnationReading each : held) {
                histories(each);
                holes(each);
                ends(each);
            }
            recovery();
            return findings;
        }

        /** Uses the rules of {@code recover}: a cluster that it would refuse to restore is not protected. */
        private void recovery() {
            if (held.stream().allMatch(each -> each.backups().isEmpty())) {
                return; // reported for each repository
            }
            RecoverableIntervals intervals = RecoverableIntervals.of(all);
            intervals
                    .refusal()
                    .map(why -> Subject.RECOVERY.critical(
                            "recover would refuse to restore the newest state: " + why.getMessage(), why.hint()))
                    .ifPresent(findings::add);
            intervals.latest().stream()
                    .flatMap(latest -> AnnouncedTimelines.of(all).after(latest).stream())
                    .map(each -> Subject.HISTORY.warning(each.message(), each.hint()))
                    .forEach(findings::add);
        }

        /** Without its history it is unknown where a timeline begins, and recovery to it fails. */
        private void histories(IncarnationReading each) {
            for (TimelineInventory timeline : each.inventory().timelines()) {
                if (timeline.runs().isEmpty() || timeline.history().isPresent()) {
                    continue;
                }
                String file = timeline.timeline().toHex() + ".history";
                String message = "'" + each.repository() + "' has WAL of timeline " + timeline.timeline() + ", but "
                        + timeline.historyProblem()
                                .map(problem -> "'" + file + "' cannot be used: " + problem)
                                .orElse("'" + file + "' is not archived");
                Optional<IncarnationReading> other = held.stream()
                        .filter(another -> another.inventory()
                                .timeline(timeline.timeline())
                                .flatMap(TimelineInventory::history)
                                .isPresent())
                        .findFirst();
                Finding finding = other.isPresent()
                        ? Subject.HISTORY.warning(
                                message + "; '" + other.get().repository() + "' has it", copy(other.get(), each))
                        : Subject.HISTORY.critical(
                                message + ": nothing of this timeline can be restored",
                                "In the data directory of the server that made it, as its owner: tidemark wal-push pg_wal/"
                                        + file
                                        + ". Then take a backup with: tidemark backup. If nobody has the file any"
                                        + " more, run on the primary: tidemark wal-resolve " + file + " --lost");
                findings.add(finding.of(each.repository()));
            }
        }

        private void holes(IncarnationReading each) {
            HoleSurvey alone = new HoleSurvey(each.snapshot());
            for (WalHole hole : each.inventory().holes()) {
                if (alone.stopsARecovery(hole) && !isOnItsWay(each, hole)) {
                    findings.add(hole(each, hole).of(each.repository()).with(Measure.SEGMENTS, hole.count()));
                }
            }
        }

        /** Queued on this host, and in another repository: what waits in the queue has a finding of its own. */
        private boolean isOnItsWay(IncarnationReading each, WalHole hole) {
            Set<String> queued = whole.queued(each.repository());
            return hole.count() <= queued.size()
                    && held.stream().anyMatch(another -> hasAll(another.inventory(), hole))
                    && LongStream.rangeClosed(
                                    hole.first().index(size()), hole.last().index(size()))
                            .mapToObj(index -> Segment.of(hole.timeline(), index, size()))
                            .allMatch(segment -> queued.contains(segment.name()));
        }

        private Finding hole(IncarnationReading each, WalHole hole) {
            String message = hole.inWords() + (hole.count() == 1 ? " is" : " are") + " not archived in '"
                    + each.repository() + "'"
                    + each.inventory()
                            .whyMissing(hole)
                            .map(given -> " (" + given.story() + ")")
                            .orElse("");
            Optional<IncarnationReading> other = held.stream()
                    .filter(another -> hasAll(another.inventory(), hole))
                    .findFirst();
            if (other.isPresent()) {
                return Subject.HOLES.warning(
                        message + "; '" + other.get().repository() + "' has " + (hole.count() == 1 ? "it" : "them"),
                        copy(other.get(), each));
            }
            Optional<String> push = kept.filter(wal -> wal.hasAll(hole, size())).map(wal -> wal.hint(hole));
            if (together.cutsOffTheNewest(hole)) {
                return Subject.HOLES.critical(
                        message + ", and there is no backup after this gap: nothing that came after it can be restored",
                        push.orElse("Take a backup now with: tidemark backup"));
            }
            return Subject.HOLES.warning(
                    message + ": a backup that was taken before this gap cannot be recovered past it",
                    push.orElse(
                            "Look for the segments in pg_wal, and push each with: tidemark wal-push FILE. Backups after the gap"
                                    + " are not affected. If nobody has the segments, this warning ends when the backups"
                                    + " before the gap expire, or with: tidemark delete ID"));
        }

        /** WAL that another repository has after the end of this one, and that is not queued on this host. */
        private void ends(IncarnationReading each) {
            for (IncarnationReading other : held) {
                for (TimelineInventory timeline : other.equals(each)
                        ? List.<TimelineInventory>of()
                        : other.inventory().timelines()) {
                    List<Segment> lacking = afterTheEnd(each, timeline);
                    if (!lacking.isEmpty() && wasMissed(each, other, lacking.getFirst())) {
                        findings.add(Subject.HOLES
                                .warning(
                                        Amounts.count(lacking.size(), "segment", "segments") + " of timeline "
                                                + timeline.timeline() + " that '" + other.repository() + "' has, from "
                                                + lacking.getFirst().name() + " on, "
                                                + (lacking.size() == 1 ? "is" : "are")
                                                + " neither in '" + each.repository() + "' nor queued for it",
                                        copy(other, each))
                                .of(each.repository())
                                .with(Measure.SEGMENTS, lacking.size()));
                        return;
                    }
                }
            }
        }

        private static String copy(IncarnationReading from, IncarnationReading to) {
            return CopyAdvice.of(from.repository(), from.archive(), to.repository(), to.archive());
        }

        private List<Segment> afterTheEnd(IncarnationReading each, TimelineInventory other) {
            Optional<Segment> end = each.inventory().timeline(other.timeline()).stream()
                    .flatMap(timeline -> timeline.runs().stream())
                    .map(WalRun::last)
                    .max(Comparator.naturalOrder());
            List<Segment> lacking = new ArrayList<>();
            for (WalRun run : other.runs()) {
                long first = run.first().index(size());
                if (end.isPresent()) {
                    first = Math.max(first, end.get().index(size()) + 1);
                }
                long last = run.last().index(size());
                for (long index = first; index <= last && lacking.size() < MOST_LACKING; index++) {
                    Segment segment = Segment.of(other.timeline(), index, size());
                    boolean isRemoved = each.inventory().removed().stream().anyMatch(range -> range.contains(segment));
                    if (!isRemoved && !whole.queued(each.repository()).contains(segment.name())) {
                        lacking.add(segment);
                    }
                }
            }
            return lacking;
        }

        /** Not a segment that was archived a moment ago and may still arrive. */
        private static boolean wasMissed(IncarnationReading each, IncarnationReading other, Segment segment) {
            try {
                Optional<ObjectInfo> found = other.archive()
                        .repository()
                        .store()
                        .stat(other.archive().wal().key(segment));
                return found.filter(object ->
                                        object.stored().isBefore(each.asOf().minus(ON_ITS_WAY)))
                                .isPresent()
                        && !each.archive().wal().contains(segment);
            } catch (IOException e) {
                return false; // a failing repository has a finding of its own
            }
        }

        private static boolean hasAll(WalInventory inventory, WalHole hole) {
            // A run has no holes, so both ends in one run are enough.
            return inventory.timeline(hole.timeline()).stream()
                    .flatMap(timeline -> timeline.runs().stream())
                    .anyMatch(run -> run.first().compareTo(hole.first()) <= 0
                            && run.last().compareTo(hole.last()) >= 0);
        }

        private WalSegmentSize size() {
            return held.getFirst().identity().walSegmentSize();
        }
    }
}
