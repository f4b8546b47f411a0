// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;

class RecordBodyTest {
    private static final int ROW = 9;

    /** Block 0 of the table with a compressed image and a hole, and block 3 of its visibility map with 9 bytes. */
    private static byte[] update(int compressed) {
        ByteBuffer bytes = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0).put((byte) 0x10).putShort((short) 0);
        bytes.putShort((short) 40).putShort((short) 60).put((byte) compressed).putShort((short) 8000);
        bytes.putInt(1663).putInt(5).putInt(-1).putInt(17);
        bytes.put((byte) 3).put((byte) 0xA2).putShort((short) ROW).putInt(4);
        bytes.put((byte) 0xFD).putShort((short) 1);
        bytes.put((byte) 0xFC).putInt(99);
        bytes.put((byte) 0xFF).put((byte) 5);
        bytes.put(new byte[40]).put(new byte[ROW]).put(new byte[] {1, 2, 3, 4, 5});
        byte[] body = new byte[bytes.position()];
        bytes.get(0, body);
        return body;
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void blocksAreKnownByTheirIdWhicheverPlaceTheyHave() {
        for (int major : new int[] {13, 14, 15, 16, 17, 18}) {
            byte[] bytes = update(major < 15 ? 0x03 : 0x05);
            RecordBody body = new RecordBody();

            assertThat(body.read(buffer(bytes), bytes.length, major)).isTrue();
            assertThat(body.count()).isEqualTo(2);
            assertThat(body.indexOf(3)).isEqualTo(1);
            assertThat(body.indexOf(1)).isEqualTo(-1);
            assertThat(body.fork(1)).isEqualTo(2);
            assertThat(body.file(0))
                    .isEqualTo(new RelFileLocator(1663L, 5L, 4_294_967_295L))
                    .isEqualTo(body.file(1));
            assertThat(body.block(0)).isEqualTo(17);
            assertThat(body.block(1)).isEqualTo(4);
            assertThat(body.toplevelXid()).isEqualTo(99);
            assertThat(body.main(5)).isEqualTo(bytes.length - 5);
            assertThat(body.main(6)).isEqualTo(-1);
            assertThat(body.data(1, ROW)).isEqualTo(bytes.length - 5 - ROW);
            assertThat(body.inImage(0, 0, 4, 8192)).as("compressed").isEqualTo(-1);
        }
    }

    @Test
    void aBodyThatIsCutOffIsReadAsFarAsItGoes() {
        byte[] bytes = update(0x05);
        RecordBody body = new RecordBody();
        for (int length = 0; length < bytes.length; length++) {
            boolean isWhole = body.read(buffer(bytes).limit(length), bytes.length, 18);

            assertThat(isWhole).as("%d bytes", length).isEqualTo(length >= bytes.length - 5 - ROW - 40);
            assertThat(body.main(5)).isEqualTo(-1);
        }
    }

    @Test
    void noBytesAreFatal() {
        Random random = Rounds.random();
        RecordBody body = new RecordBody();
        for (int i = 0; i < Rounds.of(100_000, 3_000_000); i++) {
            byte[] bytes = random.nextBoolean() ? update(random.nextInt(32)) : new byte[random.nextInt(100)];
            for (int j = 0; j < random.nextInt(20) && bytes.length > 0; j++) {
                bytes[random.nextInt(bytes.length)] =
                        (byte) (random.nextInt(4) == 0 ? random.nextInt(4) : random.nextInt());
            }
            ByteBuffer cut = buffer(bytes).limit(random.nextInt(bytes.length + 1));
            body.read(cut, random.nextInt(bytes.length + 100), 13 + random.nextInt(6));
            for (int j = 0; j < body.count(); j++) {
                int at = body.inImage(j, random.nextInt(9000), 1 + random.nextInt(9), 8192);
                assertThat(at).isBetween(-1, cut.limit());
                assertThat(body.data(j, 1 + random.nextInt(9))).isBetween(-1, cut.limit());
            }
        }
    }
}
