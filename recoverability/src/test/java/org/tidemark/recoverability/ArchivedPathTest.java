// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;

class ArchivedPathTest {
    private static final Timeline SECOND = new Timeline(2);

    private static Archives parted() {
        return new Archives()
                .wal(1, 1, 30)
                .wal(2, 20, 28)
                .wal(2, 31, 40)
                .history(2, "1\t" + at(20, 0x500000) + "\tno recovery target specified\n")
                .backup("A", 1, 5)
                .backup("B", 1, 25)
                .backup("C", 2, 33);
    }

    @Test
    void itGoesOverTheAncestorsToTheirSwitchAndLeavesOutWhatIsMissing() {
        ArchivedPath path = ArchivedPath.of(parted().build(), SECOND);

        assertThat(path.segments())
                .hasSize(38)
                .startsWith(segment(1, 1))
                .contains(segment(1, 19), segment(2, 20), segment(2, 28), segment(2, 31))
                .doesNotContain(segment(1, 20), segment(1, 21), segment(2, 29))
                .endsWith(segment(2, 40));
        assertThat(path.backups()).extracting(BackupCandidate::id).containsExactly("A", "C");
        assertThat(path.others()).as("it went on beside the path").containsExactly(Timeline.FIRST);
        assertThat(ArchivedPath.of(parted().build(), Timeline.FIRST).others()).containsExactly(SECOND);
    }

    /** A transaction ends each minute, but in every third segment. */
    private static final class Clockwork implements ArchivedPath.Times {
        private final List<Segment> read = new ArrayList<>();

        @Override
        public Optional<Instant> last(Segment segment) {
            read.add(segment);
            long index = segment.index(Archives.SIZE);
            return index % 3 == 0 ? Optional.empty() : Optional.of(minute(index));
        }
    }

    @Test
    void aSpanOfTimeIsFoundWithFewLooks() throws IOException {
        ArchivedPath path = ArchivedPath.of(parted().build(), SECOND);
        Clockwork times = new Clockwork();

        ArchivedPath within = path.within(Optional.of(minute(10)), Optional.of(minute(14)), times);

        assertThat(within.segments()).contains(segment(1, 10), segment(1, 14));
        assertThat(within.segments()).hasSizeLessThan(12);
        assertThat(times.read).hasSizeLessThan(20);
        assertThat(within.backupBefore()).map(BackupCandidate::id).hasValue("A");
        assertThat(path.within(Optional.of(minute(38)), Optional.empty(), times).backupBefore())
                .map(BackupCandidate::id)
                .hasValue("C");
        assertThat(path.within(Optional.of(minute(100)), Optional.empty(), times)
                        .segments())
                .hasSizeLessThan(6);
        assertThat(path.within(Optional.empty(), Optional.empty(), times)).isEqualTo(path);
        assertThat(path.newest(times)).hasValue(minute(40));
    }

    /** As after a failover to a host whose clock is late. */
    @Test
    void theServerOfTheNextTimelineMayHaveAnotherClock() throws IOException {
        ArchivedPath path = ArchivedPath.of(parted().build(), SECOND);
        ArchivedPath.Times times = segment -> {
            long index = segment.index(Archives.SIZE);
            return Optional.of(minute(segment.timeline().equals(SECOND) ? index : index + 60));
        };

        assertThat(path.within(Optional.of(minute(75)), Optional.empty(), times).segments())
                .contains(segment(1, 15), segment(2, 40));
        assertThat(path.within(Optional.of(minute(30)), Optional.of(minute(35)), times)
                        .segments())
                .contains(segment(2, 31), segment(2, 35));
        assertThat(path.within(Optional.empty(), Optional.of(minute(70)), times).segments())
                .contains(segment(1, 10), segment(2, 40));
        assertThat(path.within(Optional.of(minute(90)), Optional.empty(), times).segments())
                .hasSizeLessThan(6);
    }

    /** As those of a backup, right before the segment in which the search is to end. */
    @Test
    void quietSegmentsBeforeTheEndDoNotHideIt() throws IOException {
        ArchivedPath path = ArchivedPath.of(new Archives().wal(1, 6, 10).build(), Timeline.FIRST);
        ArchivedPath.Times times = segment -> {
            long index = segment.index(Archives.SIZE);
            return index == 8 || index == 9 ? Optional.empty() : Optional.of(minute(index));
        };

        assertThat(path.within(Optional.of(minute(9)), Optional.of(minute(9)), times)
                        .segments())
                .contains(segment(1, 7), segment(1, 10));
    }

    @Test
    void aTimelineThatBeginsWithQuietSegmentsIsNotLeftOut() throws IOException {
        ArchivedPath path = ArchivedPath.of(
                new Archives()
                        .wal(1, 1, 5)
                        .wal(2, 6, 8)
                        .history(2, "1\t" + at(6, 0) + "\tno recovery target specified\n")
                        .build(),
                SECOND);
        ArchivedPath.Times times = segment -> {
            long index = segment.index(Archives.SIZE);
            return index == 6 || index == 7 ? Optional.empty() : Optional.of(minute(index == 8 ? 10 : index));
        };

        assertThat(path.within(Optional.of(minute(9)), Optional.of(minute(9)), times)
                        .segments())
                .contains(segment(2, 8));
    }

    /** As of a bulk load, in one transaction. */
    @Test
    void aLongStretchWithoutATransactionCutsNothingOff() throws IOException {
        ArchivedPath path = ArchivedPath.of(new Archives().wal(1, 1, 400).build(), Timeline.FIRST);
        ArchivedPath.Times times = segment -> {
            long index = segment.index(Archives.SIZE);
            return index > 20 && index < 350 ? Optional.empty() : Optional.of(minute(index));
        };

        assertThat(path.within(Optional.empty(), Optional.of(minute(360)), times)
                        .segments())
                .contains(segment(1, 360));
        assertThat(path.within(Optional.of(minute(15)), Optional.empty(), times).segments())
                .contains(segment(1, 15));
    }
}
