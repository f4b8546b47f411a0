// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files made by hand, number by number, as basebackup_incremental.c writes them: the magic number, the count of pages,
 * the length before which other pages are those of the earlier backup, the numbers of the pages; zeros up to a page, if
 * any page follows; the pages.
 */
class IncrementalFileTest {
    private static final String PATH = "base/5/INCREMENTAL.16384";
    private static final int MAGIC = 0xD3AE1F0D;
    private static final int PAGE = 8192;
    private static final int SEGMENT = 131_072;

    private static byte[] made(int magic, int count, int announced, int... numbers) {
        int header = 12 + 4 * numbers.length;
        int padded = numbers.length == 0 ? header : (header + PAGE - 1) / PAGE * PAGE;
        ByteBuffer file = ByteBuffer.allocate(padded + numbers.length * PAGE).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(magic).putInt(count).putInt(announced);
        for (int each : numbers) {
            file.putInt(each);
        }
        for (int i = 0; i < numbers.length; i++) {
            file.put(padded + i * PAGE, (byte) (i + 1));
        }
        return file.array();
    }

    private static IncrementalFile read(byte[] file, InputStream content) throws IOException {
        return IncrementalFile.read(content, PATH, file.length, PAGE, SEGMENT);
    }

    private static IncrementalFile read(byte[] file) throws IOException {
        return read(file, new ByteArrayInputStream(file));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 2045, 2046, 4000})
    void thePagesFollowTheHeaderAtAPage(int count) throws IOException {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = 3 * i + 1;
        }
        byte[] file = made(MAGIC, count, 0, numbers);
        InputStream content = new ByteArrayInputStream(file);

        IncrementalFile read = read(file, content);

        BitSet expected = new BitSet();
        for (int each : numbers) {
            expected.set(each);
        }
        assertThat(read).isEqualTo(new IncrementalFile(expected, numbers[count - 1] + 1));
        assertThat(content.readAllBytes()).hasSize(count * PAGE).startsWith(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "100, 100", "131072, 131072"})
    void withoutAChangedPageTheLengthIsTheOneThatIsAnnounced(int announced, int pages) throws IOException {
        assertThat(read(made(MAGIC, 0, announced))).isEqualTo(new IncrementalFile(new BitSet(), pages));
    }

    /**
     * The first minor versions of 17 and 18 write the length of the whole relation, where it was truncated, into the
     * file of each of its segments; pg_combinebackup then made a segment of more than 1 GiB.
     */
    @ParameterizedTest
    @ValueSource(ints = {131_073, 131_072 * 3 + 17, Integer.MAX_VALUE})
    void aLengthBeyondTheSegmentIsTheSegments(int announced) throws IOException {
        assertThat(read(made(MAGIC, 0, announced)).pageCount()).isEqualTo(SEGMENT);
        assertThat(read(made(MAGIC, 1, announced, 7)).pageCount()).isEqualTo(SEGMENT);
    }

    @Test
    void aLengthThatNoFileHasIsRefused() {
        assertThatThrownBy(() -> read(made(MAGIC, 0, -1))).isInstanceOf(CorruptFileException.class);
    }

    @Test
    void whatIsNoSuchFileIsRefused() {
        assertRefused(made(MAGIC + 1, 0, 0), "does not begin as");
        assertRefused(new byte[11], "ended within its header");
        assertRefused(made(MAGIC, 2, 0, 7), "are not 2 changed pages");
        assertRefused(made(MAGIC, -1, 0), "are not -1 changed pages");
        assertRefused(made(MAGIC, 2, 0, 7, 7), "page 7 follows page 7");
        assertRefused(made(MAGIC, 2, 0, 9, 8), "page 8 follows page 9");
        assertRefused(made(MAGIC, 1, 0, SEGMENT), "page 131072 follows page -1");
        assertRefused(made(MAGIC, 1, 0, -2), "page -2 follows page -1");
    }

    private static void assertRefused(byte[] file, String why) {
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @CsvSource({
        "base/5/INCREMENTAL.16384, base/5/16384",
        "base/5/INCREMENTAL.16384.2, base/5/16384.2",
        "base/5/INCREMENTAL.16384_vm, base/5/16384_vm",
        "pg_tblspc/16400/PG_17_202406281/5/INCREMENTAL.16384, pg_tblspc/16400/PG_17_202406281/5/16384",
        "base/5/INCREMENTAL.PG_VERSION,",
        "INCREMENTAL.backup_label,",
        "base/5/16384,",
    })
    void onlyFilesOfRelationsAreSentAsChanges(String path, String relation) {
        assertThat(IncrementalFile.relation(path))
                .isEqualTo(relation == null ? Optional.empty() : RelationFile.of(relation));
    }
}
