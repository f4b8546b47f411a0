// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalRefusedException.Reason;
import org.tidemark.testkit.WalFixtures;

class WalSegmentCheckTest {
    private static final int PAGE = WalFixtures.PAGE_BYTES;
    private static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final WalFile.Segment SEGMENT = (WalFile.Segment) WalFile.parse("00000003000000A900000065");

    private final byte[] good = WalFixtures.segment(SEGMENT, SYSTEM, SIZE, 16, 1);

    @ParameterizedTest
    @ValueSource(ints = {13, 14, 15, 16, 17, 18})
    void aSegmentOfEachVersionPasses(int major) {
        byte[] segment = WalFixtures.segment(SEGMENT, SYSTEM, SIZE, major, 1);

        WalSegmentContent content = check(segment);

        assertThat(content)
                .isEqualTo(new WalSegmentContent(major, PAGE, new Timeline(3), new Timeline(3), SEGMENT.end(SIZE), 0));
    }

    @Test
    void theAnswerDoesNotDependOnHowTheBytesArrive() {
        byte[] switched = WalFixtures.switchedAfter(3, good);
        SplittableRandom random = new SplittableRandom(4);
        WalSegmentCheck check = newCheck();

        for (int at = 0; at < switched.length; ) {
            int count = Math.min(switched.length - at, random.nextInt(1, 100));
            check.update(switched, at, count);
            at += count;
        }

        assertThat(check.finish()).isEqualTo(check(switched));
    }

    @Test
    void aSegmentMayEndInZeroPagesAndSaysWhereItsContentEnds() {
        WalSegmentContent content = check(WalFixtures.switchedAfter(5, good));

        assertThat(content.endOfContent()).isEqualTo(SEGMENT.start(SIZE).plus(5L * PAGE));
    }

    @Test
    void anEmptyFileIsRefused() {
        assertThat(refusal(new byte[0]).reason()).isEqualTo(Reason.EMPTY);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 39, 40, 8191, 8192, (1 << 20) - 1})
    void aTruncatedFileIsRefused(int length) {
        WalRefusedException refusal = refusal(Arrays.copyOf(good, length));

        assertThat(refusal.reason()).isEqualTo(Reason.WRONG_SIZE);
        assertThat(refusal).hasMessageContaining("cut off after " + length + " bytes (expected 1048576)");
    }

    @Test
    void aFileThatIsTooLongIsRefused() {
        assertThat(refusal(Arrays.copyOf(good, good.length + 1)).reason()).isEqualTo(Reason.WRONG_SIZE);
    }

    @Test
    void aFileOfZerosIsRefused() {
        assertThat(refusal(new byte[SIZE.bytes()]).reason()).isEqualTo(Reason.ZEROED);
    }

    @Test
    void aCompressedFileIsNoWal() {
        byte[] noise = new byte[SIZE.bytes()];
        new SplittableRandom(1).nextBytes(noise);

        assertThat(refusal(noise).reason()).isEqualTo(Reason.NOT_WAL);
    }

    @Test
    void aRecycledSegmentIsRefusedAndNamedAsWhatItWas() {
        WalFile.Segment older = (WalFile.Segment) WalFile.parse("00000003000000A900000061");

        WalRefusedException refusal = refusal(WalFixtures.segment(older, SYSTEM, SIZE, 16, 1));

        assertThat(refusal.reason()).isEqualTo(Reason.RECYCLED);
        assertThat(refusal).hasMessageContaining("which is in " + older.name());
    }

    @Test
    void aSegmentThatGoesOnWithAnOlderOnesPagesIsRefused() {
        assertThat(refusal(partOfRecycled()).reason()).isEqualTo(Reason.RECYCLED);
    }

    @Test
    void aPartialSegmentMayGoOnWithAnOlderOnesPages() {
        WalSegmentContent content = checkPartial(partOfRecycled());

        assertThat(content.endOfContent()).isEqualTo(SEGMENT.start(SIZE).plus(7L * PAGE));
        assertThat(content.leftoverPages()).isEqualTo(SIZE.bytes() / PAGE - 7);
    }

    @Test
    void aPartialSegmentThatIsAnotherSegmentIsRefused() {
        WalFile.Segment older = (WalFile.Segment) WalFile.parse("00000003000000A900000061");
        WalSegmentCheck check =
                WalSegmentCheck.of(new WalFile.PartialSegment(SEGMENT), SYSTEM, SIZE, OptionalInt.empty());
        byte[] segment = WalFixtures.segment(older, SYSTEM, SIZE, 16, 1);

        WalRefusedException refusal =
                catchThrowableOfType(WalRefusedException.class, () -> check.update(segment, 0, segment.length));

        assertThat(refusal.reason()).isEqualTo(Reason.RECYCLED);
    }

    @Test
    void aLaterSegmentUnderThisNameIsRefused() {
        assertThat(refusal(WalFixtures.segment(SEGMENT.next(SIZE), SYSTEM, SIZE, 16, 1))
                        .reason())
                .isEqualTo(Reason.MISPLACED);
    }

    @Test
    void aZeroPageAmongPagesWithContentIsRefused() {
        Arrays.fill(good, 4 * PAGE, 5 * PAGE, (byte) 0);

        assertThat(refusal(good).reason()).isEqualTo(Reason.TORN);
    }

    @Test
    void aSingleByteAfterAZeroHeaderIsRefused() {
        byte[] switched = WalFixtures.switchedAfter(5, good);
        switched[switched.length - 1] = 1;

        assertThat(refusal(switched).reason()).isEqualTo(Reason.TORN);
    }

    @Test
    void aPageWithAnotherMagicIsRefused() {
        view(good).putShort(9 * PAGE, (short) 0xD118);

        assertThat(refusal(good).reason()).isEqualTo(Reason.TORN);
    }

    @Test
    void aMagicOfANewerVersionIsRefusedByName() {
        for (int at = 0; at < good.length; at += PAGE) {
            view(good).putShort(at, (short) 0xD11F);
        }

        WalRefusedException refusal = refusal(good);

        assertThat(refusal.reason()).isEqualTo(Reason.UNKNOWN_VERSION);
        assertThat(refusal).hasMessageContaining("D11F");
    }

    @Test
    void aForeignSystemIsRefusedAndBothAreNamed() {
        byte[] foreign = WalFixtures.segment(SEGMENT, new SystemIdentifier(42), SIZE, 16, 1);

        WalRefusedException refusal = refusal(foreign);

        assertThat(refusal.reason()).isEqualTo(Reason.FOREIGN_SYSTEM);
        assertThat(refusal.exitCode()).isEqualTo(ExitCode.WRONG_CLUSTER);
        assertThat(refusal).hasMessageContaining("system 42").hasMessageContaining("7312089945514410");
    }

    @Test
    void anotherSegmentSizeIsRefused() {
        byte[] larger = WalFixtures.segment(SEGMENT, SYSTEM, new WalSegmentSize(2 << 20), 16, 1);

        assertThat(refusal(larger).reason()).isEqualTo(Reason.OTHER_SEGMENT_SIZE);
    }

    @Test
    void anotherMajorVersionThanExpectedIsRefused() {
        WalSegmentCheck check = WalSegmentCheck.of(SEGMENT, SYSTEM, SIZE, OptionalInt.of(17));

        WalRefusedException refusal =
                catchThrowableOfType(WalRefusedException.class, () -> check.update(good, 0, good.length));

        assertThat(refusal.reason()).isEqualTo(Reason.OTHER_VERSION);
    }

    @Test
    void theFirstSegmentOfATimelineMayCarryTheOlderOneUpToTheSwitch() {
        byte[] parent = WalFixtures.segment(SEGMENT.on(new Timeline(2)), SYSTEM, SIZE, 16, 1);
        Lsn switchedAt = SEGMENT.start(SIZE).plus(3L * PAGE + 100);

        WalSegmentContent content = check(WalFixtures.promoted(parent, new Timeline(3), switchedAt));

        assertThat(content.firstTimeline()).isEqualTo(new Timeline(2));
        assertThat(content.lastTimeline()).isEqualTo(new Timeline(3));
    }

    @Test
    void aTimelineAboveTheNamesIsRefused() {
        byte[] newer = WalFixtures.segment(SEGMENT.on(new Timeline(4)), SYSTEM, SIZE, 16, 1);

        assertThat(refusal(newer).reason()).isEqualTo(Reason.OTHER_TIMELINE);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0, -1})
    void aTimelineThatFallsWithinTheSegmentIsRefused(int timeline) {
        view(good).putInt(9 * PAGE + 4, timeline);

        assertThat(refusal(good).reason()).isEqualTo(Reason.TORN);
    }

    @Test
    void everyChangedByteOfAPageHeaderThatPlacesThePageIsRefused() {
        for (int at : new int[] {0, 1, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15}) {
            byte[] changed = good.clone();
            changed[20 * PAGE + at] ^= (byte) 0x80;

            assertThat(refusal(changed)).as("byte %d", at).isNotNull();
        }
    }

    @Test
    void aParentsSegmentCutAtTheSwitchKeepsTheBytesBeforeItAndNothingElse() throws IOException {
        int kept = 3 * PAGE + 101;
        WalSwitch timelineSwitch = new WalSwitch(SEGMENT.start(SIZE).plus(kept), SIZE);

        byte[] cut = timelineSwitch.cut(new ByteArrayInputStream(good)).readAllBytes();

        assertThat(cut).hasSameSizeAs(good);
        assertThat(Arrays.copyOf(cut, kept)).isEqualTo(Arrays.copyOf(good, kept));
        assertThat(Arrays.copyOfRange(cut, kept, cut.length)).containsOnly(0);
        assertThat(check(cut).endOfContent()).isEqualTo(SEGMENT.start(SIZE).plus(4L * PAGE));
    }

    @Test
    void theLongHeaderTellsWhoseSegmentItIs() throws IOException {
        WalPageHeader header = WalPageHeader.parse(good, "x");

        assertThat(header.system()).isEqualTo(SYSTEM);
        assertThat(header.walSegmentSizeBytes()).isEqualTo(SIZE.bytes());
        assertThat(header.address()).isEqualTo(SEGMENT.start(SIZE));
        assertThat(header.postgresMajor()).hasValue(16);
    }

    /** Seven pages of the segment, then those of the file that it was written over. */
    private byte[] partOfRecycled() {
        WalFile.Segment older = (WalFile.Segment) WalFile.parse("00000003000000A900000061");
        byte[] bytes = WalFixtures.segment(older, SYSTEM, SIZE, 16, 1);
        System.arraycopy(good, 0, bytes, 0, 7 * PAGE);
        return bytes;
    }

    private static WalSegmentCheck newCheck() {
        return WalSegmentCheck.of(SEGMENT, SYSTEM, SIZE, OptionalInt.empty());
    }

    private static WalSegmentContent check(byte[] bytes) {
        WalSegmentCheck check = newCheck();
        check.update(bytes, 0, bytes.length);
        return check.finish();
    }

    private static WalSegmentContent checkPartial(byte[] bytes) {
        WalSegmentCheck check =
                WalSegmentCheck.of(new WalFile.PartialSegment(SEGMENT), SYSTEM, SIZE, OptionalInt.empty());
        check.update(bytes, 0, bytes.length);
        return check.finish();
    }

    private static WalRefusedException refusal(byte[] bytes) {
        return catchThrowableOfType(WalRefusedException.class, () -> check(bytes));
    }

    private static ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
