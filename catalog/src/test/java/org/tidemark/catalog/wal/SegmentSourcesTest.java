// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.wal.SegmentSources.Reading;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** A damaged copy says nothing, however much of it was read, and of whichever segment it is. */
class SegmentSourcesTest {
    private static final Segment ONE = Samples.segment("00000001000000A900000065");
    private static final Segment TWO = ONE.next(Samples.IDENTITY.walSegmentSize());

    private final Side near = new Side();
    private final Side far = new Side();
    private final SegmentSources both = new SegmentSources(List.of(near.archive, far.archive));
    private int readings;

    private static final class Side {
        final MemoryStore store = new MemoryStore(Samples.CLOCK);
        final WalArchive archive;

        Side() {
            try {
                archive = Repository.create(store, Samples.CLOCK)
                        .register(Samples.IDENTITY, Samples.CLOCK)
                        .wal();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        void put(Segment segment) throws IOException {
            try (EncodedObject encoded = Samples.encoded(segment, segment.name().getBytes(StandardCharsets.UTF_8))) {
                archive.put(segment, encoded);
            }
        }

        /** Its last byte alone: what is made of it comes out, and is found wrong only in the end. */
        void damage(Segment segment) throws IOException {
            ObjectKey key = archive.key(segment);
            byte[] bytes = store.open(key, ByteRange.ALL).readAllBytes();
            bytes[bytes.length - 1] ^= 1;
            store.delete(List.of(key));
            store.putIfAbsent(key, ObjectSource.of(bytes));
        }
    }

    private Reading<Integer> firstByte() {
        return (in, _) -> {
            readings++;
            return in.read();
        };
    }

    private static Reading<String> following(Segment next) {
        return (_, rest) -> new String(rest.open(Optional.of(next)).readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void whatWasMadeOfADamagedCopyDoesNotCount() throws IOException {
        near.put(ONE);
        far.put(ONE);
        near.damage(ONE);

        assertThat(both.read(ONE, firstByte())).contains((int) '0');
        assertThat(readings).isEqualTo(2);
        assertThat(both.read(ONE, firstByte())).contains((int) '0');
        assertThat(readings).as("it is known to be damaged").isEqualTo(3);

        far.damage(ONE);
        assertThatThrownBy(() -> both.read(ONE, firstByte())).isInstanceOf(DamagedObjectException.class);
        assertThat(both.read(TWO, firstByte())).isEmpty();
    }

    @Test
    void whatFollowsIsReadFromWhereItIsIntact() throws IOException {
        near.put(ONE);
        near.put(TWO);
        near.damage(TWO);
        assertThatThrownBy(() -> both.read(ONE, following(TWO)))
                .isInstanceOfSatisfying(
                        DamagedObjectException.class, e -> assertThat(e.key()).isEqualTo(near.archive.key(TWO)));

        far.put(TWO);
        assertThat(new SegmentSources(List.of(near.archive, far.archive)).read(ONE, following(TWO)))
                .contains(TWO.name());
        far.put(ONE);
        near.damage(ONE);
        assertThat(new SegmentSources(List.of(near.archive, far.archive)).read(ONE, following(TWO)))
                .as("each in another repository")
                .contains(TWO.name());
        assertThat(both.read(ONE, following(TWO.next(Samples.IDENTITY.walSegmentSize()))))
                .as("what is nowhere")
                .contains("");
    }

    @Test
    void aReadingThatCannotBeginAgainEndsAndTakesAnotherCopyTheNextTime() throws IOException {
        near.put(ONE);
        far.put(ONE);
        near.damage(ONE);

        assertThatThrownBy(() -> both.readOnce(ONE, firstByte())).isInstanceOf(DamagedObjectException.class);
        assertThat(readings).isEqualTo(1);
        assertThat(both.damagedCopies()).isEqualTo(1);
        assertThat(both.isLeft(ONE)).isTrue();
        assertThat(both.readOnce(ONE, firstByte())).contains((int) '0');

        far.damage(ONE);
        assertThatThrownBy(() -> both.readOnce(ONE, firstByte())).isInstanceOf(DamagedObjectException.class);
        assertThat(both.isLeft(ONE)).isFalse();
        assertThat(both.isLeft(TWO)).isFalse();
    }
}
