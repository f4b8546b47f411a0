// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.archiver.ArchiveFixture.SIZE;
import static org.tidemark.archiver.ArchiveFixture.SYSTEM;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.WalFixtures;

class ReceivedPiecesTest {
    private static final Segment THIRD = segment(1, 3);
    private static final int[] THREE_RECORDS = {9_000, 40_000, 20_000};

    @TempDir
    private Path data;

    @SuppressWarnings("NullAway.Init")
    private ArchiveFixture fixture;

    @BeforeEach
    void twoSegments() throws IOException {
        fixture = new ArchiveFixture(data);
        fixture.push(segment(1, 1), segment(1, 2));
    }

    private static byte[] records(int... bytes) {
        return WalFixtures.records(THIRD, SYSTEM, SIZE, bytes);
    }

    /** Stores the pieces between some offsets of a segment. */
    private void store(Segment segment, byte[] content, String writer, int... offsets) throws IOException {
        Lsn start = segment.start(SIZE);
        for (int i = 1; i < offsets.length; i++) {
            WalPiece piece = new WalPiece(segment, start.plus(offsets[i - 1]), start.plus(offsets[i]), writer);
            try (EncodedObject encoded = ObjectEncoder.encode(
                    ContainerKind.PIECE,
                    piece.name(),
                    SYSTEM,
                    Encoding.of(Codec.parse("zstd:1")),
                    ObjectSource.of(Arrays.copyOfRange(content, offsets[i - 1], offsets[i])),
                    data)) {
                fixture.archive().wal().put(piece, encoded);
            }
        }
    }

    private FetchResult fetch() throws InterruptedException {
        return fixture.fetch(THIRD, 1);
    }

    private static byte[] upTo(int end, byte[] content) {
        byte[] copy = content.clone();
        Arrays.fill(copy, end, copy.length, (byte) 0);
        return copy;
    }

    @Test
    void piecesWithoutAGapEndARecovery() throws Exception {
        byte[] content = records(THREE_RECORDS);
        store(THIRD, content, "w1", 0, 8_192, 30_000, 60_000);
        store(THIRD, content, "w1", 65_000, 70_000); // after a gap

        assertThat(fetch()).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(upTo(60_000, content));
        assertThat(fixture.fetch(fixture.request(THIRD, Optional.empty())))
                .as("a recovery to the latest timeline")
                .isEqualTo(new FetchResult.Restored("memory"));
    }

    @Test
    void aStandbyGetsNone() throws Exception {
        store(THIRD, records(THREE_RECORDS), "w1", 0, 60_000);
        Recovery standby = new Recovery(data.resolve("pg_wal"), Optional.of(new Timeline(1)), Recovery.Absence.FOR_NOW);

        assertThat(fixture.fetch(new FetchRequest(
                        THIRD,
                        fixture.target(),
                        SYSTEM,
                        SIZE,
                        standby,
                        new FetchRequest.Patience(Duration.ZERO),
                        () -> {})))
                .isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void theHeaderOfTheLastPageIsWholeOrLeftOut() throws Exception {
        byte[] content = records(THREE_RECORDS);
        store(THIRD, content, "w1", 0, 16_384 + 10);

        fetch();

        assertThat(fixture.target()).hasBinaryContent(upTo(16_384, content));
    }

    @Test
    void withoutTheFirstBytesThereIsNothing() throws Exception {
        store(THIRD, records(THREE_RECORDS), "w1", 8_192, 60_000);

        assertThat(fetch()).isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void theArchivedSegmentIsWhatCounts() throws Exception {
        store(THIRD, records(THREE_RECORDS), "w1", 0, 60_000);
        fixture.push(THIRD);

        fetch();

        assertThat(fixture.target()).hasBinaryContent(fixture.content(THIRD));
    }

    @Test
    void allPiecesOfASegmentAreTheSegment() throws Exception {
        byte[] content = fixture.content(THIRD);
        store(THIRD, content, "w1", 0, 500_000, SIZE.bytes());
        byte[] next = WalFixtures.records(segment(1, 4), SYSTEM, SIZE, THREE_RECORDS);

        assertThat(fetch()).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(content);
        store(segment(1, 4), next, "w2", 0, 60_000);
        fixture.fetch(segment(1, 4), 1);
        assertThat(fixture.target()).hasBinaryContent(upTo(60_000, next));
    }

    @Test
    void piecesOfALaterSegmentSayThatThisOneIsMissing() throws Exception {
        store(THIRD, records(THREE_RECORDS), "w1", 0, 60_000);
        store(segment(1, 4), WalFixtures.records(segment(1, 4), SYSTEM, SIZE, THREE_RECORDS), "w2", 0, 60_000);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("is missing, although later WAL");
    }

    /** The server wrote a long record, of which only the beginning was sent; after the crash it wrote another one. */
    @Test
    void afterACrashTheServerMayWriteOtherBytesAfterItsLastRecord() throws Exception {
        byte[] before = records(9_000, 40_000, 300_000);
        byte[] after = records(9_000, 40_000, 7_000, 8_000);
        store(THIRD, before, "w1", 0, 200_000);
        store(THIRD, after, "w2", 0, 66_000);

        fetch();

        assertThat(fixture.target()).hasBinaryContent(upTo(66_000, after));
    }

    @Test
    void twoServersThatWroteOneTimelineAreNotMixed() throws Exception {
        store(THIRD, records(9_000, 40_000, 7_000, 8_000), "w1", 0, 66_000);
        store(THIRD, records(9_000, 40_000, 11_000, 8_000), "w2", 0, 69_000);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("two servers wrote this timeline")
                .hasMessageContaining("'w1'")
                .hasMessageContaining("'w2'");
    }

    @Test
    void whatGoesFurtherCountsThePartialOrThePieces() throws Exception {
        byte[] content = records(9_000, 40_000, 20_000, 30_000);
        byte[] partial = records(9_000, 40_000);
        fixture.push(THIRD.name() + ".partial", partial);
        store(THIRD, content, "w1", 0, 20_000);
        fetch();
        assertThat(fixture.target()).hasBinaryContent(partial);

        store(THIRD, content, "w1", 20_000, 75_000);
        fetch();
        assertThat(fixture.target()).hasBinaryContent(upTo(75_000, content));
    }

    @Test
    void aDamagedPieceIsNotTheEnd() throws Exception {
        byte[] content = records(THREE_RECORDS);
        store(THIRD, content, "w1", 0, 30_000, 60_000);
        ObjectKey key = fixture.store
                .list("main/" + SYSTEM + "/stream/", Optional.empty(), 10)
                .objects()
                .getLast()
                .key();
        byte[] stored;
        try (InputStream in = fixture.store.open(key, ByteRange.ALL)) {
            stored = in.readAllBytes();
        }
        stored[stored.length - 3] ^= 1;
        fixture.store.delete(List.of(key));
        fixture.store.putIfAbsent(key, ObjectSource.of(stored));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("could not tell whether")
                .hasMessageContaining(key.value());
        assertThat(fixture.target()).doesNotExist();
    }
}
