// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.tidemark.postgres.WalSegmentContent.WalTail;

class WalTailTest {
    private static final int HEADER = WalPageHeader.SHORT_BYTES;

    private final ByteBuffer page = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);

    @Test
    void recordsThatEndWithASwitchAreWhole() {
        put(HEADER, 59, 10, 0x20);
        put(HEADER + 64, 24, 0, 0x40);

        assertThat(isCutOff()).isFalse();
    }

    @Test
    void recordsThatEndWithAnyOtherAreCutOff() {
        put(HEADER, 24, 0, 0x40);
        put(HEADER + 24, 59, 10, 0x40);

        assertThat(isCutOff()).isTrue();
    }

    @Test
    void theRestOfARecordThatBeganEarlierIsPassedOver() {
        page.putInt(16, 100);
        page.putInt(HEADER, 0xFFFF);
        put(HEADER + 104, 34, 1, 0);

        assertThat(isCutOff()).isTrue();
    }

    @Test
    void whereNoRecordBeginsNothingIsCertain() {
        page.putInt(16, 16);

        assertThat(isCutOff()).isFalse();
    }

    @Test
    void whatIsNoRecordMakesNothingCertain() {
        put(HEADER, 59, 10, 0);
        page.put(HEADER + 30, (byte) 1);
        assertThat(isCutOff()).as("a wrong checksum").isFalse();

        put(HEADER, 59, 10, 0);
        page.put(8191, (byte) 1);
        assertThat(isCutOff()).as("content after the last record").isFalse();

        page.put(8191, (byte) 0);
        page.putInt(HEADER + 64, 8192);
        assertThat(isCutOff()).as("a record that goes on").isFalse();

        page.putInt(HEADER + 64, 23);
        assertThat(isCutOff()).as("a length that none has").isFalse();

        page.putInt(HEADER + 64, 0);
        page.putInt(16, -1);
        assertThat(isCutOff()).as("a header that none has").isFalse();
    }

    private boolean isCutOff() {
        return new WalTail(page.array(), HEADER).isCutOff();
    }

    private void put(int at, int length, int resourceManager, int info) {
        page.putInt(at, length);
        page.put(at + 16, (byte) info);
        page.put(at + 17, (byte) resourceManager);
        for (int i = 24; i < length; i++) {
            page.put(at + i, (byte) i);
        }
        CRC32C crc = new CRC32C();
        crc.update(page.array(), at + 24, length - 24);
        crc.update(page.array(), at, 20);
        page.putInt(at + 20, (int) crc.getValue());
    }
}
