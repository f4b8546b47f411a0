// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.walsearch.SegmentWalk.Extent;

class SegmentWalkTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;

    private final List<Long> continued = new ArrayList<>();

    private static Segment segment(long index) {
        return Segment.of(new Timeline(1), index, SIZE);
    }

    private List<Long> missing(Map<Long, Extent> extents, long... indexes) throws IOException {
        return SegmentWalk.walk(
                        LongStream.of(indexes)
                                .mapToObj(SegmentWalkTest::segment)
                                .toList(),
                        SIZE,
                        (segment, next) -> {
                            next.ifPresent(each -> continued.add(each.index(SIZE)));
                            return extents.getOrDefault(segment.index(SIZE), Extent.WHOLE);
                        },
                        (bytes, all) -> assertThat(bytes).isLessThanOrEqualTo(all))
                .stream()
                .flatMap(each -> LongStream.rangeClosed(
                                each.first().index(SIZE), each.last().index(SIZE))
                        .boxed())
                .toList();
    }

    @Test
    void aHoleIsWhatIsBetweenTwoSegments() throws IOException {
        assertThat(missing(Map.of(), 3, 4, 6, 7)).containsExactly(5L);
        assertThat(continued).containsExactly(4L, 7L);
        assertThat(missing(Map.of(4L, Extent.BEGINNING), 3, 4, 8)).containsExactly(5L, 6L, 7L);
    }

    @Test
    void whatIsGoneOrCutOffIsMissing() throws IOException {
        assertThat(missing(Map.of(4L, Extent.NOTHING), 3, 4, 5, 6)).containsExactly(4L);
        assertThat(missing(Map.of(4L, Extent.NOTHING), 3, 4, 6)).containsExactly(4L, 5L);
        assertThat(missing(Map.of(4L, Extent.NOTHING, 5L, Extent.NOTHING), 3, 4, 5, 6))
                .containsExactly(4L, 5L);
        assertThat(missing(Map.of(4L, Extent.BEGINNING), 3, 4, 5)).as("its end").containsExactly(4L);
        assertThat(missing(Map.of(5L, Extent.BEGINNING), 4, 5))
                .as("the end of the archive")
                .isEmpty();
    }

    @Test
    void aDamagedSegmentIsMissingAndEndsNothing() throws IOException {
        List<Segment> read = new ArrayList<>();
        List<UnreadWal> missing = SegmentWalk.walk(
                List.of(segment(1), segment(2), segment(3)),
                SIZE,
                (segment, _) -> {
                    read.add(segment);
                    if (segment.equals(segment(2))) {
                        throw new DamagedObjectException(new ObjectKey("wal"), "damaged on purpose");
                    }
                    return Extent.WHOLE;
                },
                (bytes, all) -> {});
        assertThat(missing).containsExactly(new UnreadWal(segment(2), segment(2), false).before(segment(3)));
        assertThat(read).hasSize(3);
    }

    @Test
    void anArchiveThatCannotBeReadEndsIt() {
        assertThatThrownBy(() -> SegmentWalk.walk(
                        List.of(segment(1)),
                        SIZE,
                        (segment, next) -> {
                            throw new IOException("away");
                        },
                        (bytes, all) -> {}))
                .hasMessage("away");
        assertThat(SegmentWalk.extent(Optional.empty())).isEqualTo(Extent.NOTHING);
    }
}
