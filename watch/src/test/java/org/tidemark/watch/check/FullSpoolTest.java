// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.Finding.Severity;
import org.tidemark.testkit.SmallDisk;

/** What check says of the disk of the spool. */
class FullSpoolTest {
    @TempDir
    private Path directory;

    @Test
    void aFullDiskIsAWarningUntilThereIsRoom() throws Exception {
        Path spool = directory.resolve("spool");
        try (SmallDisk disk = SmallDisk.mount(spool, "size=4m")) {
            assertThat(WritableSpoolCheck.writable(spool)).isEmpty();
            disk.fill();
            assertThat(WritableSpoolCheck.writable(spool)).singleElement().satisfies(finding -> {
                assertThat(finding.severity()).isEqualTo(Severity.WARNING);
                assertThat(finding.message()).startsWith("the disk of the spool '" + spool + "' is full: 0 B is free.");
            });
            disk.makeRoom();
            assertThat(WritableSpoolCheck.writable(spool)).isEmpty();
        }
    }
}
