// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Searched;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.Verifier.Options.WalContent;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.catalog.wal.WalListing;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.postgres.wal.WalFacts.ParameterChange;
import org.tidemark.recoverability.MinimalWal;

/**
 * Searches WAL, while it is verified, for what a restore must know before PostgreSQL replays it, and notes in the
 * repository where a server began to run with wal_level = minimal, and which WAL has nothing of the kind: all plans,
 * lists and checks go by that, also on other hosts, and no plan need read this WAL again. Thread-safe.
 */
final class WalSearch implements WalContent {
    private final Map<IncarnationKeys, ClusterArchive> archives;
    private final Map<IncarnationKeys, Found> found = new ConcurrentHashMap<>();

    private record Position(Timeline timeline, Lsn lsn) {}

    /** @param plain segments without such a record */
    private record Found(Set<Position> minimal, NavigableSet<Segment> plain) {
        Found() {
            this(ConcurrentHashMap.newKeySet(), new ConcurrentSkipListSet<>());
        }
    }

    /** @param archives what is verified; WAL of others is not looked at */
    WalSearch(List<ClusterArchive> archives) {
        this.archives = archives.stream()
                .collect(Collectors.toMap(each -> each.identity().keys(), Function.identity()));
    }

    @Override
    public void read(IncarnationKeys incarnation, Segment segment, InputStream content, Segments others)
            throws IOException {
        ClusterArchive archive = archives.get(incarnation);
        if (archive == null) {
            return;
        }
        WalSegmentSize size = archive.identity().walSegmentSize();
        AtomicBoolean restIsMissing = new AtomicBoolean();
        WalFacts facts = WalFacts.read(
                content,
                () -> {
                    PushbackInputStream next = new PushbackInputStream(others.open(segment.next(size)));
                    int first = next.read();
                    if (first < 0) {
                        restIsMissing.set(true);
                    } else {
                        next.unread(first);
                    }
                    return next;
                },
                segment,
                size,
                new RecoveryTarget.Latest());
        content.transferTo(OutputStream.nullOutputStream()); // which ends with an exception if it is damaged
        Found here = found.computeIfAbsent(incarnation, any -> new Found());
        List<ParameterChange> minimal =
                facts.parameters().stream().filter(ParameterChange::isMinimal).toList();
        minimal.forEach(each -> here.minimal.add(new Position(segment.timeline(), each.at())));
        // A plan takes the settings of each start from the WAL: a segment that has one must be read again.
        if (facts.parameters().isEmpty() && facts.tablespaces().isEmpty() && !restIsMissing.get()) {
            here.plain.add(segment);
        }
    }

    /**
     * Notes what no mark says yet.
     *
     * @param repository in which the WAL was read
     * @return what is new, and what could not be noted
     */
    List<Finding> conclude(String repository, Function<ClusterArchive, BackupCatalog> catalogs, Clock clock) {
        List<Finding> findings = new ArrayList<>();
        found.forEach((incarnation, here) -> {
            ClusterArchive archive = Objects.requireNonNull(archives.get(incarnation));
            BackupCatalog catalog = catalogs.apply(archive);
            try {
                Mark.BackupMarks marks = catalog.marks();
                Set<Position> known = marks.minimal().stream()
                        .map(each -> new Position(each.timeline(), each.position()))
                        .collect(Collectors.toSet());
                for (Position each : owned(here.minimal, archive.wal())) {
                    if (!known.contains(each)) {
                        catalog.markWal(new Mark.Minimal(clock.instant(), each.timeline(), each.lsn()));
                        findings.add(Finding.warning(
                                        "recovery",
                                        "the server ran with wal_level = minimal from " + each.lsn() + " on timeline "
                                                + each.timeline() + ": no recovery goes past this position",
                                        "If no backup was taken since, take one now with: tidemark backup")
                                .of(repository));
                    }
                }
                List<Searched.Range> ranges = unnoted(
                        here.plain,
                        marks.searched(),
                        archive.wal().listing(),
                        archive.identity().walSegmentSize());
                if (!ranges.isEmpty()) {
                    catalog.markWal(new Searched(clock.instant(), ranges));
                }
            } catch (IOException | UserFacingException e) {
                findings.add(Finding.warning(
                                "mark",
                                "what was found in WAL cannot be recorded in '" + repository + "': "
                                        + StorageErrors.explainUnlessInterrupted(e)
                                                .getMessage(),
                                "check and list-backup do not show it. To record it, run verify as the owner of the"
                                        + " repository.")
                        .of(repository));
            }
        });
        return findings;
    }

    /** The first segment of a timeline begins with WAL of the one before it. */
    private static Set<Position> owned(Set<Position> found, WalArchive wal) throws IOException {
        Set<Position> owned = new HashSet<>();
        for (Position each : found) {
            Timeline owner = wal.history(each.timeline())
                    .map(history -> MinimalWal.ownerOf(each.lsn(), history))
                    .orElse(each.timeline());
            owned.add(new Position(owner, each.lsn()));
        }
        return owned;
    }

    private static List<Searched.Range> unnoted(
            NavigableSet<Segment> plain, List<Searched.Range> noted, WalListing listing, WalSegmentSize size)
            throws IOException {
        for (Searched.Range each : noted) {
            NavigableSet<Segment> again = plain.subSet(each.first(), true, each.last(), true);
            if (!again.isEmpty() && listing.digest(each.first(), each.last()).equals(Optional.of(each.list()))) {
                again.clear();
            }
        }
        List<Searched.Range> ranges = new ArrayList<>();
        for (Run each : longest(plain, size)) {
            Optional<Sha256> list = listing.digest(each.first(), each.last());
            list.ifPresent(known -> ranges.add(new Searched.Range(each.first(), each.last(), known)));
        }
        return ranges;
    }

    /** Neighbours of one timeline and one log, both ends included. */
    record Run(Segment first, Segment last, long segments) {}

    /**
     * The longest runs of neighbours, as many as one mark takes; the others are noted when they are verified again. No
     * run is longer than a log: expiry deletes the beginning of WAL, and then nothing is known of the rest of a run.
     */
    static List<Run> longest(NavigableSet<Segment> segments, WalSegmentSize size) {
        List<Run> runs = new ArrayList<>();
        @Nullable Run run = null;
        for (Segment each : segments) {
            if (run != null && run.last().next(size).equals(each) && run.last().log() == each.log()) {
                run = new Run(run.first(), each, run.segments() + 1);
            } else {
                if (run != null) {
                    runs.add(run);
                }
                run = new Run(each, each, 1);
            }
        }
        if (run != null) {
            runs.add(run);
        }
        return runs.stream()
                .sorted(Comparator.comparingLong(Run::segments).reversed())
                .limit(Searched.MAX_RANGES)
                .toList();
    }
}
