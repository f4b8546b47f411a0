// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.TimelineBeginning;
import org.tidemark.postgres.wal.change.LastCommit;

/**
 * The times that archived WAL contains, by the clocks of the servers that wrote it. A copy of a repository has the same
 * ones, whereas its store gives every object the time of copying. They are read when they are asked for.
 */
public interface WrittenTimes {
    /** Of WAL that is not read. */
    WrittenTimes UNREAD = new WrittenTimes() {
        @Override
        public Optional<Instant> newest(Segment segment) {
            return Optional.empty();
        }

        @Override
        public Optional<TimelineBeginning> beginning(Segment first) {
            return Optional.empty();
        }

        @Override
        public Optional<Commits> commits(Segment segment, Lsn until) {
            return Optional.empty();
        }
    };

    /** What a segment that was read says of commits. */
    record Commits(Optional<LastCommit> last) {}

    /** The newest time in a segment; empty if it has none, or cannot be read. */
    Optional<Instant> newest(Segment segment);

    /**
     * When a timeline began; empty if its first segment does not say it, or cannot be read.
     *
     * @param first the segment of the timeline in which it began
     */
    Optional<TimelineBeginning> beginning(Segment first);

    /**
     * The last commit of those whose records begin in a segment, whole or partial; empty if it cannot be read.
     *
     * @param until commits that end later do not count
     */
    Optional<Commits> commits(Segment segment, Lsn until);

    /** What the first of several repositories says that says something. */
    static WrittenTimes ofAny(List<WrittenTimes> several) {
        List<WrittenTimes> all = List.copyOf(several);
        return new WrittenTimes() {
            @Override
            public Optional<Instant> newest(Segment segment) {
                return all.stream()
                        .flatMap(each -> each.newest(segment).stream())
                        .findFirst();
            }

            @Override
            public Optional<TimelineBeginning> beginning(Segment first) {
                return all.stream()
                        .flatMap(each -> each.beginning(first).stream())
                        .findFirst();
            }

            @Override
            public Optional<Commits> commits(Segment segment, Lsn until) {
                return all.stream()
                        .flatMap(each -> each.commits(segment, until).stream())
                        .findFirst();
            }
        };
    }
}
