// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.archiver.fetch.Answer.Retry;
import org.tidemark.archiver.fetch.Answer.Unknown;
import org.tidemark.archiver.fetch.RepositoryFailover.Found;
import org.tidemark.archiver.fetch.RepositoryFailover.Located;
import org.tidemark.catalog.wal.StreamedSegment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalRecords;

/**
 * Delivers what {@code wal-receive} had stored of a segment when its server and its host were lost: the last bytes of a
 * recovery. Only for a segment that no repository has whole. Not thread-safe.
 */
final class ReceivedPieces {
    /** The longest header of a page. */
    private static final int HEADER_BYTES = 40;

    /** Pages are at least so long. */
    private static final int SMALLEST_PAGE = 1 << 10;

    private final RepositoryFailover sources;
    private final WalSegmentSize size;
    private final VerifiedCopy copy;

    ReceivedPieces(RepositoryFailover sources, WalSegmentSize size, VerifiedCopy copy) {
        this.sources = sources;
        this.size = size;
        this.copy = copy;
    }

    /**
     * Finds the pieces that reach furthest; empty if the segment is archived, or nothing was received. A server that
     * crashed writes again what followed its last whole record, so two writers may differ after the last record of one
     * of them. Where they differ before, two servers wrote this timeline, and nobody knows which one is meant.
     */
    Optional<StreamedSegment> longest(Segment segment) throws CouldNotTellException {
        Map<String, StreamedSegment> writers = new TreeMap<>();
        Set<StreamedSegment> seen = new HashSet<>();
        while (true) {
            Set<StreamedSegment> excluded = Set.copyOf(seen); // a repository that hangs may still be reading it
            Optional<Located<StreamedSegment>> found =
                    sources.first(archive -> archive.listing().streamed(segment).stream()
                            .filter(each ->
                                    !excluded.contains(each) && !end(each).equals(segment.start(size)))
                            .findFirst());
            if (found.isEmpty()) {
                break;
            }
            StreamedSegment each = found.get().value();
            seen.add(each);
            writers.merge(each.writer(), each, (one, other) -> other.end().isAfter(one.end()) ? other : one);
        }
        boolean isArchived = !writers.isEmpty()
                && sources.first(archive -> archive.contains(segment) ? Optional.of(segment) : Optional.empty())
                        .isPresent();
        if (isArchived || writers.size() < 2) {
            return isArchived ? Optional.empty() : writers.values().stream().findFirst();
        }
        return Optional.of(furthest(writers));
    }

    private StreamedSegment furthest(Map<String, StreamedSegment> writers) throws CouldNotTellException {
        Map<StreamedSegment, Lsn> ends = new LinkedHashMap<>();
        for (StreamedSegment each : writers.values()) {
            ends.put(each, endOfRecords(each));
        }
        StreamedSegment furthest = ends.entrySet().stream()
                .max(Map.Entry.<StreamedSegment, Lsn>comparingByValue()
                        .thenComparing(each -> each.getKey().end()))
                .orElseThrow()
                .getKey();
        for (Map.Entry<StreamedSegment, Lsn> other : ends.entrySet()) {
            long common = other.getValue().minus(furthest.segment().start(size));
            if (!digest(other.getKey(), common).equals(digest(furthest, common))) {
                throw new CouldNotTellException(List.of(new Failure(
                        sources.names(),
                        "two receivers have stored different WAL of '"
                                + furthest.segment().name()
                                + "', the writers '" + other.getKey().writer() + "' and '" + furthest.writer()
                                + "' in stream/, so two servers wrote this timeline",
                        ExitCode.WAL_CONFLICT,
                        Retry.USELESS)));
            }
        }
        return furthest;
    }

    /** The end of the last record that is whole. */
    Lsn endOfRecords(StreamedSegment streamed) throws CouldNotTellException {
        AtomicReference<Lsn> end = new AtomicReference<>(streamed.segment().start(size));
        read(
                streamed,
                content -> WalRecords.end(content, streamed.segment(), size)
                        .filter(found -> !found.isAfter(streamed.end()))
                        .ifPresent(end::set));
        return end.get();
    }

    private String digest(StreamedSegment streamed, long bytes) throws CouldNotTellException {
        AtomicReference<String> digest = new AtomicReference<>("");
        read(streamed, content -> {
            MessageDigest sha256 = Sha256.newDigest();
            byte[] chunk = new byte[1 << 16];
            long left = bytes;
            while (left > 0) {
                int count = content.read(chunk, 0, (int) Math.min(chunk.length, left));
                if (count < 0) {
                    throw new IOException("the segment is too short");
                }
                sha256.update(chunk, 0, count);
                left -= count;
            }
            digest.set(Sha256.finish(sha256).hex());
        });
        return digest.get();
    }

    @FunctionalInterface
    private interface Reading {
        void read(InputStream content) throws IOException;
    }

    private void read(StreamedSegment streamed, Reading reading) throws CouldNotTellException {
        Answer answer = sources.firstAnswer(
                name(streamed),
                archive -> found(archive.listing().streamed(streamed.segment()), streamed)
                        .map(each -> new Found(archive.open(each), Following.NONE)),
                (found, claim) -> {
                    reading.read(found.content());
                    found.content().transferTo(OutputStream.nullOutputStream()); // its digests are known at its end
                    claim.run();
                });
        if (answer instanceof Unknown unknown) {
            throw new CouldNotTellException(unknown.failures());
        }
    }

    /** In a repository, by its writer: its last pieces may be joined there otherwise. */
    private static Optional<StreamedSegment> found(List<StreamedSegment> stored, StreamedSegment wanted) {
        return stored.stream()
                .filter(each ->
                        each.writer().equals(wanted.writer()) && !each.end().isBefore(wanted.end()))
                .max(Comparator.comparing(StreamedSegment::end));
    }

    private static String name(StreamedSegment streamed) {
        return "the pieces of " + streamed.segment().name();
    }

    /** @param switchPoint where the timeline ended, after which nothing is delivered */
    Answer deliver(StreamedSegment streamed, Optional<Lsn> switchPoint) {
        Lsn end = switchPoint.filter(at -> at.isBefore(end(streamed))).orElse(end(streamed));
        return sources.firstAnswer(
                name(streamed),
                archive -> found(archive.listing().streamed(streamed.segment()), streamed)
                        .map(each -> new Found(archive.open(each), Following.NONE)),
                (found, claim) -> copy.upTo(end, streamed.segment(), found, claim));
    }

    /** Up to where it is delivered: the header of the last page is whole, or left out. */
    private Lsn end(StreamedSegment streamed) {
        long inPage = streamed.end().value() % SMALLEST_PAGE;
        return streamed.isWhole(size) || inPage >= HEADER_BYTES || inPage == 0
                ? streamed.end()
                : new Lsn(streamed.end().value() - inPage);
    }
}
