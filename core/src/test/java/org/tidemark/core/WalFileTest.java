// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalFileTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000001000000A900000065",
                "00000001000000A900000065.partial",
                "00000001000000A900000065.00000028.backup",
                "00000002.history",
                "7FFFFFFFFFFFFFFFFFFFFFFF"
            })
    void everyKindIsReadAndPrintedAsPostgresPrintsIt(String name) {
        assertThat(WalFile.parse(name).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00000001000000A90000006",
                "00000001000000a900000065",
                "00000000000000A900000065",
                "00000001000000A900000065.gz",
                "../00000001000000A900000065",
                "00000001000000A900000065.backup",
                "00000001.history.gz",
                "00000001000000A900000065\n"
            })
    void anythingElseIsRefused(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> WalFile.parse(name));
    }

    @Test
    void segmentsHaveTheOrderOfTheirNames() {
        int[] parts = {0, 1, 9, 10, 255, 256, 0x7FFFFFFF, 0x80000000, -1};
        List<WalFile.Segment> segments = new ArrayList<>();
        for (int timeline : new int[] {1, 2, 10, 0x7FFFFFFF}) {
            for (int log : parts) {
                for (int number : parts) {
                    segments.add(new WalFile.Segment(new Timeline(timeline), log, number));
                }
            }
        }

        for (WalFile.Segment one : segments) {
            assertThat(one.name())
                    .isEqualTo(String.format("%08X%08X%08X", one.timeline().id(), one.log(), one.number()));
            for (WalFile.Segment other : segments) {
                assertThat(Integer.signum(one.compareTo(other)))
                        .isEqualTo(Integer.signum(one.name().compareTo(other.name())));
            }
        }
    }

    @Test
    void theSegmentAfterTheLastOfALogOpensTheNextLog() {
        WalFile.Segment last = (WalFile.Segment) WalFile.parse("0000000100000000000000FF");

        assertThat(last.next(WalSegmentSize.DEFAULT).name()).isEqualTo("000000010000000100000000");
    }

    @ParameterizedTest
    @ValueSource(ints = {1 << 20, 16 << 20, 64 << 20, 1 << 30})
    void aSegmentIsFoundAgainByItsStartWhateverItsSize(int bytes) {
        WalSegmentSize size = new WalSegmentSize(bytes);
        Lsn position = Lsn.parse("A9/65B374D8");

        WalFile.Segment segment = WalFile.Segment.containing(new Timeline(3), position, size);

        assertThat(segment.start(size)).isLessThanOrEqualTo(position);
        assertThat(segment.end(size)).isGreaterThan(position);
        assertThat(WalFile.parse(segment.name())).isEqualTo(segment);
        assertThat(segment.fits(size)).isTrue();
    }

    @Test
    void aRangeThatStopsAtABoundaryDoesNotNeedTheNextSegment() {
        WalRange range = new WalRange(Timeline.FIRST, Lsn.parse("0/2000028"), Lsn.parse("0/4000000"));

        assertThat(range.segments(WalSegmentSize.DEFAULT).map(WalFile::name))
                .containsExactly("000000010000000000000002", "000000010000000000000003");
    }
}
