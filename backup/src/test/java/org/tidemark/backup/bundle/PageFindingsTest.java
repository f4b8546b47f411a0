// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.backup.bundle.PageFindings.PageRules;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.Lsn;

class PageFindingsTest {
    private static final int PAGE = 8192;
    private static final int OFFSET = 100;

    /** Three pages from block 7 of a file; PostgreSQL is writing the second one. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "5, 0", "6, 1"})
    void aPageThatIsBeingWrittenIsReadAgain(int tornReads, int damaged) throws IOException {
        PageFindings findings = new PageFindings(new PageRules(PAGE, false, false, 131_072, Lsn.parse("0/5000000")));
        byte[] data = new byte[OFFSET + 3 * PAGE + 50];
        for (int page = 0; page < 3; page++) {
            write(data, OFFSET + page * PAGE, page == 1);
        }
        byte[] around = data.clone();

        findings.check(data, new PlainPart("base/5/16384", 7L * PAGE, OFFSET, 3 * PAGE), new Writing(tornReads));
        findings.decide(Lsn.parse("0/6000000"));

        assertThat(findings.damagedCount()).isEqualTo(damaged);
        assertThat(findings.damaged()).extracting(DamagedPage::block).isEqualTo(damaged == 0 ? List.of() : List.of(8L));
        byte[] expected = around.clone();
        write(expected, OFFSET + PAGE, damaged > 0);
        assertThat(data).isEqualTo(expected);
    }

    private static void write(byte[] data, int offset, boolean torn) {
        Arrays.fill(data, offset, offset + PAGE, (byte) 1);
        Arrays.fill(data, offset, offset + 24, (byte) 0);
        data[offset + 12] = 24;
        // On the torn page, pd_upper is greater than pd_special.
        data[offset + 15] = (byte) (torn ? 0x21 : 0x20);
        data[offset + 17] = 0x20;
    }

    /** A file of which block 8 is whole after some reads. */
    private static final class Writing implements OpenFile {
        private int tornReads;

        Writing(int tornReads) {
            this.tornReads = tornReads;
        }

        @Override
        public long size() {
            return 100L * PAGE;
        }

        @Override
        public int read(long at, byte[] to, int offset, int length) {
            assertThat(at).isEqualTo(8L * PAGE);
            assertThat(length).isEqualTo(PAGE);
            write(to, offset, tornReads-- > 0);
            return length;
        }

        @Override
        public void close() {}
    }
}
