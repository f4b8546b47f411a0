// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.archiver.fetch.Recovery;
import org.tidemark.archiver.fetch.Recovery.Absence;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest.Patience;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.RestorePreparation;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.recovery.CopiedWal;
import org.tidemark.restore.recovery.CopiedWal.Guarded;
import org.tidemark.restore.recovery.RecoverySettings;

/** Fetches the WAL of a recovery as restore_command would, verified, and puts it beside the data directory. */
final class WalCopying {
    private static final Patience PATIENCE = new Patience(Duration.ofMinutes(1));

    private final ClusterIdentity cluster;
    private final RestorePlan.Chosen plan;
    private final RestorePreparation preparation;
    private final CopiedWal copies;
    private final WalFetcher fetcher;
    private final SortedMap<String, Sha256> digests = Collections.synchronizedSortedMap(new TreeMap<>());

    WalCopying(RestoreSource source, RestorePlan.Chosen plan) {
        this.cluster = source.identity();
        this.plan = plan;
        this.preparation = source.preparation();
        this.copies = CopiedWal.beside(plan.request().directory());
        this.fetcher = new WalFetcher(preparation.holdings().stream()
                .map(each -> new WalSource(each.repository(), each.archive()::wal))
                .toList());
    }

    /**
     * Copies all of it. Durable on return; what an interrupted call has copied is not fetched again.
     *
     * @param progress of the bytes of the segments
     */
    void run(int threads, RestoreProgress progress) throws IOException {
        List<Segment> segments = plan.wal().inOrder(cluster.walSegmentSize()).toList();
        List<WalFile> files = new ArrayList<>(segments);
        // Also of the timelines that this recovery does not follow: a server that opens takes the next free number.
        preparation.timelines().stream()
                .filter(each -> !each.equals(Timeline.FIRST))
                .map(WalFile.TimelineHistoryFile::new)
                .forEach(files::add);
        Path data = plan.request().directory();
        copies.make(data);
        try (Workers workers = new Workers("recover", threads)) {
            for (WalFile file : files) {
                workers.submit(() -> {
                    copy(file);
                    progress.advanced(
                            file instanceof Segment ? cluster.walSegmentSize().bytes() : 0);
                });
            }
            workers.await();
        }
        copies.complete(
                data,
                digests,
                segments.getLast(),
                new Guarded(
                        plan.backup().postgresMajor(),
                        facts(segments),
                        plan.request().target()),
                RecoverySettings.of(plan, copies.restoreCommand()));
    }

    /** Of the copied segments that create tablespaces. */
    private SortedMap<Segment, WalFacts> facts(List<Segment> segments) throws IOException {
        SortedMap<Segment, WalFacts> facts = new TreeMap<>();
        for (Segment each : segments) {
            try (InputStream in = Files.newInputStream(copies.place(each))) {
                WalFacts found = WalFacts.readWhole(
                        in,
                        () -> following(each),
                        each,
                        cluster.walSegmentSize(),
                        WalFacts.within(
                                each,
                                cluster.walSegmentSize(),
                                plan.request().target(),
                                plan.backup().startLsn()));
                if (!found.tablespaces().isEmpty()) {
                    facts.put(each, found);
                }
            }
        }
        return facts;
    }

    private InputStream following(Segment segment) throws IOException {
        Optional<Segment> next = plan.wal().after(segment, cluster.walSegmentSize());
        return next.isEmpty() ? InputStream.nullInputStream() : Files.newInputStream(copies.place(next.get()));
    }

    private void copy(WalFile file) throws IOException {
        Path place = copies.place(file);
        // Of an earlier call, or of another restore: another cluster's would end the recovery.
        if (Files.exists(place) && !preparation.holds(file, place)) {
            Files.delete(place);
        }
        if (!Files.exists(place) && !fetch(file, place)) {
            return;
        }
        MessageDigest digest = Sha256.newDigest();
        try (InputStream content = new DigestInputStream(Files.newInputStream(place), digest)) {
            content.transferTo(OutputStream.nullOutputStream());
        }
        digests.put(file.name(), Sha256.finish(digest));
    }

    private boolean fetch(WalFile file, Path place) {
        FetchRequest request = new FetchRequest(
                file,
                place,
                cluster.system(),
                cluster.walSegmentSize(),
                new Recovery(copies.directory(), Optional.of(plan.timeline()), Absence.AT_THE_END),
                PATIENCE,
                () -> {});
        try {
            return switch (fetcher.fetch(request)) {
                case FetchResult.Restored _, FetchResult.IdTaken _ -> true;
                case FetchResult.Withheld _ -> false;
                case FetchResult.Absent absent -> {
                    if (file instanceof Segment) {
                        throw new UserFacingException(
                                ExitCode.WAL_MISSING,
                                "'" + file.name() + "' cannot be copied: " + absent.reason(),
                                "Was it removed since the plan was made? Run the same command again.");
                    }
                    yield false;
                }
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the copy of the WAL was interrupted", "Run it again: it continues.", e);
        }
    }
}
