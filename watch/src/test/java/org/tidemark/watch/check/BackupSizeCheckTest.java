// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.watch.check.BackupSizeCheck.Size;

class BackupSizeCheckTest {
    private static final long GIB = 1L << 30;

    private final List<Size> sizes = new ArrayList<>();

    private BackupSizeCheckTest backup(BaseBackup.Type type, long data, long stored) {
        sizes.add(new Size("B" + sizes.size(), type, data, stored));
        return this;
    }

    private List<String> warnings() {
        return BackupSizeCheck.of("local", sizes).stream()
                .filter(each -> each.severity() != Severity.OK)
                .map(Finding::message)
                .toList();
    }

    private BackupSizeCheckTest usual() {
        for (int i = 0; i < 4; i++) {
            backup(BaseBackup.Type.FULL, 100 * GIB, 30 * GIB);
            backup(BaseBackup.Type.INCREMENTAL, 100 * GIB, 2 * GIB);
        }
        return this;
    }

    @Test
    void whatIsMuchMoreThanUsualIsTold() {
        assertThat(usual().backup(BaseBackup.Type.INCREMENTAL, 100 * GIB, 60 * GIB)
                        .warnings())
                .containsExactly(
                        "backup B8 in 'local' stores 60 % of the data; earlier ones stored about 2 %: much more has"
                                + " changed than usual");
        assertThat(backup(BaseBackup.Type.FULL, 100 * GIB, 90 * GIB).warnings())
                .containsExactly("backup B9 in 'local' stores 90 % of the data; earlier ones stored about 30 %: it"
                        + " compresses worse than usual");
        assertThat(backup(BaseBackup.Type.INCREMENTAL, 40 * GIB, GIB).warnings())
                .containsExactly("backup B10 in 'local' has 40 GiB of data; earlier ones had about 100 GiB");
    }

    @Test
    void whatIsUsualIsNotTold() {
        assertThat(backup(BaseBackup.Type.FULL, GIB, GIB).warnings())
                .as("nobody knows")
                .isEmpty();
        assertThat(BackupSizeCheck.of("local", sizes)).isEmpty();
        usual();
        assertThat(backup(BaseBackup.Type.FULL, 120 * GIB, 40 * GIB).warnings()).isEmpty();
        assertThat(backup(BaseBackup.Type.INCREMENTAL, 130 * GIB, 15 * GIB).warnings())
                .isEmpty();
        assertThat(BackupSizeCheck.of("local", sizes))
                .extracting(Finding::severity)
                .containsExactly(Severity.OK);
    }
}
