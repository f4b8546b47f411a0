// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.PageCheck.PageChecksum;
import org.tidemark.postgres.PageCheck.PageVerdict;

class PageCheckTest {
    private static final int PAGE = 8192;
    private static final Lsn START = Lsn.parse("0/5000028");
    private static final Lsn STOP = Lsn.parse("0/6000000");

    private final PageCheck check = new PageCheck(PAGE, 1, START);

    @Test
    void aPageWithItsChecksumIsSoundAndAnotherBlockNumberIsNot() {
        byte[] page = page(7, "0/4000000");

        assertThat(check.judge(page, 0, 7)).isEqualTo(PageVerdict.Sound.CHECKED);
        assertThat(check.judge(page, 0, 8)).isInstanceOf(PageVerdict.Damaged.class);
    }

    @Test
    void everyFlippedBitOfAnOldPageIsDamage() {
        byte[] page = page(7, "0/4000000");
        SplittableRandom random = new SplittableRandom(3);

        for (int round = 0; round < 500; round++) {
            // The LSN is left alone: it says whether the page can be judged.
            int at = random.nextInt(8, PAGE);
            int bit = 1 << random.nextInt(8);
            page[at] ^= (byte) bit;
            assertThat(check.judge(page, 0, 7)).as("byte %d", at).isInstanceOf(PageVerdict.Damaged.class);
            page[at] ^= (byte) bit;
        }
    }

    @Test
    void aChangedPageThatDoesNotMatchCannotBeJudgedUntilTheBackupsEndIsKnown() {
        byte[] torn = page(7, "0/5800000");
        torn[5000] ^= 1;
        byte[] garbage = page(7, "F0/5800000");
        garbage[5000] ^= 1;

        assertThat(((PageVerdict.Undecided) check.judge(torn, 0, 7)).isDamage(STOP))
                .isFalse();
        assertThat(((PageVerdict.Undecided) check.judge(garbage, 0, 7)).isDamage(STOP))
                .isTrue();
    }

    @Test
    void aPageOfZerosIsNew() {
        assertThat(check.judge(new byte[PAGE], 0, 7)).isEqualTo(PageVerdict.Sound.NEW);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 24, 100, 4095})
    void aPageWithUpperZeroThatIsNotZeroIsDamage(int at) {
        byte[] page = new byte[PAGE];
        page[at] = 1;

        assertThat(check.judge(page, 0, 7)).isInstanceOf(PageVerdict.Damaged.class);
    }

    @Test
    void aPageOfWhichOnlyTheBeginningIsZeroMayHaveBeenReadWhileItWasWritten() {
        byte[] page = new byte[PAGE];
        page[PAGE - 1] = 1;

        assertThat(check.judge(page, 0, 7)).isInstanceOf(PageVerdict.Undecided.class);
    }

    @Test
    void aHeaderWithImpossibleValuesIsDamageEvenWithItsChecksum() {
        byte[] page = page(7, "0/4000000");
        ByteBuffer view = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
        view.putShort(12, (short) 9000);
        view.putShort(8, (short) new PageChecksum(PAGE).compute(page, 0, 7));

        assertThat(check.judge(page, 0, 7)).isInstanceOf(PageVerdict.Damaged.class);
    }

    @Test
    void withoutChecksumsOnlyTheHeaderIsJudged() {
        PageCheck unchecked = new PageCheck(PAGE, 0, START);
        byte[] page = page(7, "0/4000000");
        page[5000] ^= 1;

        assertThat(unchecked.judge(page, 0, 7)).isEqualTo(PageVerdict.Sound.UNCHECKED);
    }

    @ParameterizedTest
    @CsvSource({
        "base/5/1259, 0",
        "base/5/1259.3, 3",
        "base/5/1259_fsm, 0",
        "base/5/1259_vm.1, 1",
        "base/5/16384_init, 0",
        "global/1262, 0",
        "pg_tblspc/16390/PG_18_202506291/5/16391.12, 12"
    })
    void relationFilesAreKnownByTheirPath(String path, int segment) {
        assertThat(RelationFile.of(path)).contains(new RelationFile(path, segment));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "global/pg_control",
                "base/5/PG_VERSION",
                "base/5/pg_filenode.map",
                "base/5/pg_internal.init",
                "base/5/t3_16384",
                "base/5/1259.0",
                "base/5/INCREMENTAL.16468",
                "base/pgsql_tmp/pgsql_tmp1.0",
                "pg_xact/0000",
                "PG_VERSION",
                "pg_wal/000000010000000000000001"
            })
    void otherFilesHaveNoPages(String path) {
        assertThat(RelationFile.of(path)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 8192, 20000})
    void theFindingsOfAFileDoNotDependOnHowItsBytesArrive(int chunk) {
        RelationFile file = new RelationFile("base/5/1259.2", 2);
        byte[] bytes = new byte[5 * PAGE + 100];
        for (int page = 0; page < 5; page++) {
            System.arraycopy(page(2 * 131072 + page, "0/4000000"), 0, bytes, page * PAGE, PAGE);
        }
        bytes[3 * PAGE + 4000] ^= 1;
        RelationFileCheck fileCheck = new RelationFileCheck(file, check, 131072);

        for (int at = 0; at < bytes.length; at += chunk) {
            fileCheck.update(bytes, at, Math.min(chunk, bytes.length - at));
        }
        RelationFileCheck.Result result = fileCheck.finish();

        assertThat(result.pages()).isEqualTo(5);
        assertThat(result.findings())
                .extracting(RelationFileCheck.Finding::block)
                .containsExactly(2L * 131072 + 3, 2L * 131072 + 5);
        assertThat(result.findings().getFirst().verdict()).isInstanceOf(PageVerdict.Damaged.class);
    }

    /** The server warned of none of them: it compares the checksums of old pages alone, and not of new ones. */
    @ParameterizedTest
    @CsvSource({"0/4000000", "0/5000027", "0/5000028", "0/5800000", "F0/5800000"})
    void ofPagesThatTheServerHasVerifiedOnlyTheOthersAreVerifiedAgain(String lsn) {
        boolean old = Lsn.parse(lsn).isBefore(START);
        SplittableRandom random = new SplittableRandom(5);

        for (int round = 0; round < 500; round++) {
            byte[] page = page(7, lsn);
            if (round > 0) {
                page[random.nextInt(8, PAGE)] ^= (byte) (1 << random.nextInt(8));
            }
            if (round % 10 == 9) {
                // Calls itself new.
                page[14] = 0;
                page[15] = 0;
            }
            PageVerdict whole = check.judge(page, 0, 7);
            PageVerdict verified = check.judgeVerified(page, 0, 7);
            if (verified != PageVerdict.Sound.CHECKED) {
                assertThat(verified).isEqualTo(whole);
            } else if (whole != PageVerdict.Sound.CHECKED) {
                assertThat(old).isTrue();
                assertThat(whole)
                        .isInstanceOfSatisfying(
                                PageVerdict.Damaged.class,
                                found -> assertThat(found.reason()).startsWith("the checksum is"));
            }
        }
    }

    private static byte[] page(long block, String lsn) {
        byte[] page = new byte[PAGE];
        SplittableRandom random = new SplittableRandom(block);
        random.nextBytes(page);
        long value = Lsn.parse(lsn).value();
        ByteBuffer view = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
        view.putInt(0, (int) (value >>> 32))
                .putInt(4, (int) value)
                .putShort(10, (short) 0)
                .putShort(12, (short) 100)
                .putShort(14, (short) 200)
                .putShort(16, (short) 8176);
        view.putShort(8, (short) new PageChecksum(PAGE).compute(page, 0, block));
        return page;
    }
}
