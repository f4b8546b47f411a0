// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalArchive.PutOutcome;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

class WalArchiveTest {
    private static final WalFile.Segment SEGMENT = Samples.segment("00000001000000A900000065");
    private static final ObjectKey KEY =
            new ObjectKey("main/7312089945514410/wal/00000001/000000A9/00000001000000A900000065");

    private final ObjectStore store = new MemoryStore(Samples.CLOCK);
    private WalArchive archive = archive();

    @BeforeEach
    void register() {
        archive = archive();
    }

    private WalArchive archive() {
        try {
            return Repository.create(store, Samples.CLOCK)
                    .register(Samples.IDENTITY, Samples.CLOCK)
                    .wal();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSegmentLiesUnderItsKeyAndComesBack() throws IOException {
        assertThat(put(SEGMENT, "content")).isEqualTo(PutOutcome.STORED);

        assertThat(store.stat(KEY)).isPresent();
        assertThat(archive.contains(SEGMENT)).isTrue();
        assertThat(read(archive.open(SEGMENT))).isEqualTo("content");
    }

    @Test
    void theSameContentAgainIsThereAlready() throws IOException {
        put(SEGMENT, "content");
        byte[] before = bytes();

        assertThat(put(SEGMENT, "content")).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(bytes()).isEqualTo(before);
    }

    @Test
    void anotherContentIsAConflictThatNamesBothAndChangesNothing() throws IOException {
        put(SEGMENT, "content");
        byte[] before = bytes();

        assertThatThrownBy(() -> put(SEGMENT, "other"))
                .isInstanceOfSatisfying(WalConflictException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_CONFLICT);
                    // A standby would replace its own WAL by what the other server stored.
                    assertThat(e.hint()).contains("conflict.md").doesNotContain("standby");
                })
                .hasMessageContaining(
                        Sha256.of("content".getBytes(StandardCharsets.UTF_8)).hex())
                .hasMessageContaining(
                        Sha256.of("other".getBytes(StandardCharsets.UTF_8)).hex());
        assertThat(bytes()).isEqualTo(before);
    }

    @Test
    void aDamagedObjectIsNotTakenForTheSameContent() throws IOException {
        put(SEGMENT, "content");
        byte[] damaged = bytes();
        damaged[damaged.length - 1] ^= 1;
        store.delete(List.of(KEY));
        store.putIfAbsent(KEY, ObjectSource.of(damaged));

        assertThatThrownBy(() -> put(SEGMENT, "content")).isInstanceOf(DamagedObjectException.class);
    }

    @Test
    void absentIsNotSaidOfARepositoryThatIsGone() throws IOException {
        assertThat(archive.open(SEGMENT)).isEmpty();
        assertThat(archive.contains(SEGMENT)).isFalse();

        store.delete(List.of(new ObjectKey("tidemark.json")));

        assertThatThrownBy(() -> archive.open(SEGMENT)).isInstanceOf(UserFacingException.class);
        assertThatThrownBy(() -> archive.contains(SEGMENT)).isInstanceOf(UserFacingException.class);
        assertThatThrownBy(() -> archive.history(new Timeline(2))).isInstanceOf(UserFacingException.class);
        assertThatThrownBy(() -> archive.listing().firstAfter(SEGMENT)).isInstanceOf(UserFacingException.class);
        assertThatThrownBy(() -> archive.listing().partials(SEGMENT)).isInstanceOf(UserFacingException.class);
        assertThatThrownBy(() -> archive.listing().timelines()).isInstanceOf(UserFacingException.class);
        assertThatThrownBy(() -> archive.inventory()).isInstanceOf(UserFacingException.class);
    }

    @Test
    void partialSegmentsOfOneNameStandSideBySideAndTheLongestIsLast() throws IOException {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(SEGMENT);
        Lsn shorter = Lsn.parse("A9/65002000");
        Lsn longer = Lsn.parse("A9/65B00000");
        put(SEGMENT, "whole");
        put(SEGMENT.next(Samples.IDENTITY.walSegmentSize()), "next");

        archive.put(partial, longer, Samples.encoded(partial, "two".getBytes(StandardCharsets.UTF_8)));
        archive.put(partial, shorter, Samples.encoded(partial, "one".getBytes(StandardCharsets.UTF_8)));
        PutOutcome again =
                archive.put(partial, shorter, Samples.encoded(partial, "one".getBytes(StandardCharsets.UTF_8)));

        assertThat(again).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(archive.listing().partials(SEGMENT))
                .extracting(StoredPartial::end)
                .containsExactly(shorter, longer);
        assertThat(read(archive.open(archive.listing().partials(SEGMENT).getLast())))
                .isEqualTo("two");
        assertThat(store.stat(new ObjectKey(KEY + ".partial-000000A965002000-"
                        + Sha256.of("one".getBytes(StandardCharsets.UTF_8))
                                .hex()
                                .substring(0, 16))))
                .isPresent();
    }

    @Test
    void historiesAreReadAndTimelineOneHasNone() throws IOException {
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(new Timeline(2));
        archive.put(
                file,
                Samples.encoded(file, "1\t0/5000000\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8)));

        assertThat(archive.history(Timeline.FIRST).orElseThrow().switches()).isEmpty();
        assertThat(archive.history(new Timeline(2)).orElseThrow().begin()).isEqualTo(Lsn.parse("0/5000000"));
        assertThat(archive.history(new Timeline(3))).isEmpty();
    }

    @Test
    void anInvalidHistoryIsDamage() throws IOException {
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(new Timeline(2));
        archive.put(file, Samples.encoded(file, "garbage\n".getBytes(StandardCharsets.UTF_8)));

        assertThatThrownBy(() -> archive.history(new Timeline(2))).isInstanceOf(DamagedObjectException.class);
    }

    @Test
    void timelinesAreFoundByTheirWalAndByTheirHistories() throws IOException {
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(new Timeline(17));
        archive.put(file, Samples.encoded(file, "1\t0/5000000\tx\n".getBytes(StandardCharsets.UTF_8)));
        put(Samples.segment("000000020000000000000007"), "a");
        put(Samples.segment("000000020000000100000007"), "b");
        put(SEGMENT, "c");

        assertThat(archive.listing().timelines()).containsExactly(Timeline.FIRST, new Timeline(2), new Timeline(17));
    }

    @Test
    void theNextArchivedSegmentIsFoundPastOtherFilesAndLogs() throws IOException {
        WalFile.BackupHistoryFile backup = new WalFile.BackupHistoryFile(SEGMENT, 0x28);
        archive.put(backup, Samples.encoded(backup, new byte[10]));
        WalFile.PartialSegment partial = new WalFile.PartialSegment(SEGMENT);
        for (int i = 0; i < 40; i++) {
            archive.put(partial, Lsn.parse("A9/65000000").plus(i * 8192L), Samples.encoded(partial, new byte[i]));
        }
        put(Samples.segment("00000001000000AA00000001"), "later");
        put(Samples.segment("00000002000000AA00000000"), "another timeline");

        assertThat(archive.listing().firstAfter(SEGMENT)).contains(Samples.segment("00000001000000AA00000001"));
        assertThat(archive.listing().firstAfter(Samples.segment("00000001000000AA00000001")))
                .isEmpty();
        assertThat(archive.listing().partials(SEGMENT)).hasSize(40);
        assertThat(archive.open(backup)).isPresent();
    }

    private PutOutcome put(WalFile.Segment segment, String content) throws IOException {
        try (EncodedObject encoded = Samples.encoded(segment, content.getBytes(StandardCharsets.UTF_8))) {
            return archive.put(segment, encoded);
        }
    }

    private byte[] bytes() throws IOException {
        return store.open(KEY, ByteRange.ALL).readAllBytes();
    }

    private static String read(Optional<DecodedObject> object) throws IOException {
        try (DecodedObject open = object.orElseThrow()) {
            return new String(open.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
