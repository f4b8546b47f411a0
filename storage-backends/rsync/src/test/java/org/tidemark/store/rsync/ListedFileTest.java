// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines as rsync 3.5.0 prints them. */
class ListedFileTest {
    @Test
    void aLineTellsTypeSizeTimeAndPath() {
        assertThat(ListedFile.parse("-rw-r--r--      100000 2026/11/20 11:40:45 a/b/f"))
                .contains(new ListedFile('-', 100_000, Instant.parse("2026-11-20T11:40:45Z"), "a/b/f"));
        assertThat(ListedFile.parse("drwxrwxrwt          60 2026/11/20 11:54:13 ."))
                .contains(new ListedFile('d', 60, Instant.parse("2026-11-20T11:54:13Z"), "."));
        assertThat(ListedFile.parse("-rw------- 1099511627776 1999/01/02 03:04:05 huge"))
                .contains(new ListedFile('-', 1L << 40, Instant.parse("1999-01-02T03:04:05Z"), "huge"));
    }

    @Test
    void oddNamesAreTakenAsTheyArePrinted() {
        assertThat(ListedFile.parse("-rw-r--r--           0 2026/11/20 11:40:45 a\\#012b c"))
                .map(ListedFile::path)
                .contains("a\\#012b c");
        assertThat(ListedFile.parse("lrwxrwxrwx           1 2026/11/20 11:48:02 b/link -> f"))
                .contains(new ListedFile('l', 1, Instant.parse("2026-11-20T11:48:02Z"), "b/link"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "receiving incremental file list",
                "-rw-r--r--     100,000 2026/11/20 11:40:45 thousands",
                "-rw-r--r--       97.7K 2026/11/20 11:40:45 human",
                "-rw-r--r--      100000 2026/13/20 11:40:45 month",
                "-rw-r--r--      100000 2026/11/20 11:40:45",
                "-rw-r--r--      100000 20.11.2026 11:40:45 local"
            })
    void anythingElseIsNoLine(String line) {
        assertThat(ListedFile.parse(line)).isEmpty();
    }
}
