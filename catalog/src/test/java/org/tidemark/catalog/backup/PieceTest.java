// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Placement.Pages;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.backup.Placement.Stretch;

class PieceTest {
    private static final int PAGE = 8192;
    private static final PieceChecksums CHECKSUMS = new PieceChecksums(0x0a1b2c3d, 0x0123456789abcdefL);

    private static PageList pages(String text) {
        return new PageList(PAGE, PageList.parse(text));
    }

    private static Piece piece(int frame, Placement placement, String except) {
        return new Piece(
                1,
                100L * frame,
                100,
                0,
                placement,
                CHECKSUMS,
                Optional.of(except).filter(text -> !text.isEmpty()).map(PieceTest::pages));
    }

    private static FileEntry file(int pages, Piece... pieces) {
        return new FileEntry(
                "base/5/1259", 0600, (long) pages * PAGE, Instant.EPOCH, OptionalInt.empty(), List.of(pieces));
    }

    @Test
    void aListOfPagesIsPrintedAsItWasRead() {
        for (String text : List.of("0", "17,40+3", "0+2,3,5+1000000", "2147483646")) {
            assertThat(pages(text)).hasToString(text);
        }
        assertThat(pages("17,40+3").sizeBytes()).isEqualTo(4 * PAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "1,",
                ",1",
                "1,1",
                "1,2",
                "2,1",
                "1+1",
                "1+0",
                "01",
                "1+02",
                "-1",
                "+1",
                "1+",
                "1 ",
                "1+3,4",
                "a",
                "2147483647",
                "2147483640+8",
                "99999999999",
                "1+99999999999",
                "4+2,5"
            })
    void everyOtherFormOfAListIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> pages(text));
    }

    @Test
    void aRangeIsWrittenWithoutItsExceptedPages() {
        Piece piece = piece(1, new Range(10L * PAGE, 6 * PAGE), "10,12+2");

        assertThat(piece.size()).isEqualTo(6 * PAGE);
        assertThat(piece.written())
                .containsExactly(new Stretch(PAGE, 11L * PAGE, PAGE), new Stretch(4 * PAGE, 14L * PAGE, 2 * PAGE));
    }

    @Test
    void singlePagesAreWrittenWithoutTheExceptedOnes() {
        Piece piece = piece(1, new Pages(pages("3,7+4,20")), "3,8+2");

        assertThat(piece.written())
                .containsExactly(
                        new Stretch(PAGE, 7L * PAGE, PAGE),
                        new Stretch(4 * PAGE, 10L * PAGE, PAGE),
                        new Stretch(5 * PAGE, 20L * PAGE, PAGE));
    }

    @Test
    void aPieceHasAllThePagesThatItExceptsAndWritesOne() {
        Placement pages = new Pages(pages("3,7+2"));
        for (String except : List.of("4", "3,9", "6+2", "2+2", "3+2", "0", "100", "3,7+2")) {
            assertThatIllegalArgumentException().as(except).isThrownBy(() -> piece(1, pages, except));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> piece(1, new Range(PAGE + 1, 2 * PAGE), "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> piece(1, new Pages(pages("0+129")), ""));
        assertThatIllegalArgumentException().isThrownBy(() -> piece(1, new Range(0, 2 * PAGE), "0+2"));
    }

    @Test
    void eachPageOfAFileIsWrittenOnce() {
        assertThat(file(
                                6,
                                piece(1, new Range(0, 4 * PAGE), "1,3"),
                                piece(2, new Pages(pages("1,3,5")), "3"),
                                piece(3, new Pages(pages("3+2")), ""))
                        .pieces())
                .hasSize(3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file(6, piece(1, new Range(0, 6 * PAGE), ""), piece(2, new Pages(pages("3")), "")))
                .withMessageContaining("two pieces of 'base/5/1259' have byte " + 3 * PAGE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file(6, piece(1, new Range(0, 6 * PAGE), "3")))
                .withMessageContaining("leave a gap at byte " + 3 * PAGE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file(6, piece(1, new Range(0, 6 * PAGE), "0"), piece(2, new Pages(pages("0,6")), "")))
                .withMessageContaining("end at byte " + 7 * PAGE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file(2, piece(1, new Pages(pages("0")), ""), piece(1, new Pages(pages("1")), "")))
                .withMessageContaining("frame at byte 100 of bundle 1");
    }

    /** A file that became shorter within an older frame. */
    @Test
    void pagesAfterTheEndOfTheFileAreExcepted() {
        assertThat(file(3, piece(1, new Range(0, 6 * PAGE), "3+3")).pieces()).hasSize(1);
        assertThatIllegalArgumentException().isThrownBy(() -> file(3, piece(1, new Range(0, 6 * PAGE), "4+2")));
    }

    @Test
    void aLineIsWrittenAsTheFormatShowsAndGivesBackItsEntry() {
        FileEntry entry =
                file(60, piece(1, new Range(0, 60 * PAGE), "17,40+3"), piece(2, new Pages(pages("17,40+3")), ""));

        byte[] line = ManifestLine.encode(entry);

        assertThat(new String(line, StandardCharsets.UTF_8))
                .isEqualTo("{\"type\":\"file\",\"path\":\"base/5/1259\",\"mode\":\"0600\",\"size\":491520,"
                        + "\"modified\":\"1970-01-01T00:00:00Z\",\"pieces\":["
                        + "{\"bundle\":1,\"start\":100,\"length\":100,\"offset\":0,\"at\":0,\"size\":491520,"
                        + "\"except\":\"17,40+3\",\"crc32c\":\"0a1b2c3d\",\"fingerprint\":\"0123456789abcdef\"},"
                        + "{\"bundle\":1,\"start\":200,\"length\":100,\"offset\":0,\"pages\":\"17,40+3\",\"size\":32768,"
                        + "\"crc32c\":\"0a1b2c3d\",\"fingerprint\":\"0123456789abcdef\"}]}\n");
        assertThat(JsonLine.parseAll(line, each -> ManifestLine.parse(each, PAGE)))
                .containsExactly(entry);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonLine.parseAll(line, each -> ManifestLine.parse(each, PAGE / 2)));
    }

    @Test
    void aPieceIsARangeOrPagesAndNotBoth() {
        String line =
                new String(ManifestLine.encode(file(1, piece(1, new Pages(pages("0")), ""))), StandardCharsets.UTF_8);
        for (String forged : List.of(
                line.replace("\"pages\":\"0\"", "\"pages\":\"0\",\"at\":0"),
                line.replace("\"pages\":\"0\",", ""),
                line.replace("\"size\":8192,\"crc32c\"", "\"size\":8191,\"crc32c\""),
                line.replace("\"size\":8192,\"crc32c\"", "\"size\":0,\"crc32c\""))) {
            assertThat(forged).isNotEqualTo(line);
            assertThatIllegalArgumentException()
                    .as(forged)
                    .isThrownBy(() -> JsonLine.parseAll(
                            forged.getBytes(StandardCharsets.UTF_8), each -> ManifestLine.parse(each, PAGE)));
        }
    }
}
