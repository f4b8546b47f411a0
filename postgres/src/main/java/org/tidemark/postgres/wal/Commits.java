// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.Visitor;
import org.tidemark.postgres.wal.WalReader.WalRecord;

/**
 * The commits that some WAL holds: of transactions that wrote something, also of prepared ones. Immutable.
 *
 * @param first the oldest time of one, by the server's clock
 * @param last the newest time of one
 */
public record Commits(long count, Optional<Instant> first, Optional<Instant> last) {
    /** The maximum that is read: some seconds, with segments of 16 MiB. */
    public static final int MOST_FILES = 100;

    private static final int BUFFER_BYTES = 1 << 18;

    public static final Commits NONE = new Commits(0, Optional.empty(), Optional.empty());

    /**
     * Those whose records begin in a segment, at a position or after it.
     *
     * @param following is opened only if the record of one ends there
     */
    static Commits from(Lsn from, InputStream segment, Following following, Segment name, WalSegmentSize size)
            throws IOException {
        Counter counter = new Counter(from);
        WalReader.read(segment, following, name, size, counter);
        return counter.commits;
    }

    /**
     * Those in segments of a pg_wal, of which the last may be written to only in part.
     *
     * @param files segments, in the order of their names; others are passed over
     * @param from the position from which the commits of a timeline count
     * @return empty if there are more than {@link #MOST_FILES}, or one cannot be read
     */
    public static Optional<Commits> in(List<Path> files, Function<Segment, Lsn> from, WalSegmentSize size) {
        try {
            return files.size() > MOST_FILES ? Optional.empty() : Optional.of(read(files, from, size));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Commits read(List<Path> files, Function<Segment, Lsn> from, WalSegmentSize size) throws IOException {
        Commits commits = NONE;
        for (Path file : files) {
            Optional<Segment> segment = segment(file);
            if (segment.isPresent()) {
                Path next = file.resolveSibling(segment.get().next(size).name());
                try (InputStream content = open(file)) {
                    commits = commits.and(from(
                            from.apply(segment.get()),
                            content,
                            () -> files.contains(next) ? open(next) : InputStream.nullInputStream(),
                            segment.get(),
                            size));
                }
            }
        }
        return commits;
    }

    private static Optional<Segment> segment(Path file) {
        try {
            return WalFile.parse(String.valueOf(file.getFileName())) instanceof Segment segment
                    ? Optional.of(segment)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static InputStream open(Path file) throws IOException {
        return new BufferedInputStream(
                Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS, StandardOpenOption.READ), BUFFER_BYTES);
    }

    /** These and others. */
    public Commits and(Commits other) {
        return new Commits(
                count + other.count,
                Stream.of(first, other.first).flatMap(Optional::stream).min(Instant::compareTo),
                Stream.of(last, other.last).flatMap(Optional::stream).max(Instant::compareTo));
    }

    /** For people, such as {@code 3 commits, from 2026-03-01 12:00:00Z to 2026-03-01 12:00:10Z}. */
    public String inWords() {
        String what = Amounts.count(count, "commit", "commits");
        return count == 0
                ? "no commit"
                : what
                        + (count == 1
                                ? first.map(at -> ", of " + UtcTime.seconds(at)).orElse("")
                                : first.map(at -> ", from " + UtcTime.seconds(at))
                                                .orElse("")
                                        + last.map(at -> " to " + UtcTime.seconds(at))
                                                .orElse(""));
    }

    private static final class Counter implements Visitor {
        private final Lsn from;
        private Commits commits = NONE;

        Counter(Lsn from) {
            this.from = from;
        }

        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            return TransactionEnd.isCommit(info, resourceManager) ? TransactionEnd.MOST_BYTES : 0;
        }

        @Override
        public void visit(WalRecord record) {
            if (!record.start().isBefore(from)) {
                Optional<Instant> at = TransactionEnd.time(record);
                commits = commits.and(new Commits(1, at, at));
            }
        }
    }
}
