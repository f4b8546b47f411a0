// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;

class DamageCheckTest {
    private static final Instant AT = Instant.parse("2026-11-29T03:00:00Z");

    private final SortedMap<BackupId, Mark.Verified> damaged = new TreeMap<>();

    private DamageCheckTest backup(int day, long problems, String... keys) {
        damaged.put(
                new BackupId(String.format("202611%02dT030000Z", day)),
                new Mark.Verified(
                        AT.plusSeconds(day),
                        problems,
                        Mark.Scope.ALL,
                        Optional.empty(),
                        Optional.empty(),
                        List.of(keys)));
        return this;
    }

    private Finding finding() {
        return DamageCheck.ofBackups("local", damaged).orElseThrow();
    }

    @Test
    void withoutDamageThereIsNoFinding() {
        assertThat(DamageCheck.ofBackups("local", damaged)).isEmpty();
    }

    @Test
    void oneBackupIsNamed() {
        Finding finding = backup(3, 2, "bundle/1", "bundle/2").finding();

        assertThat(finding.message())
                .isEqualTo("verify found 2 problems in backup 20261103T030000Z of 'local' at 2026-11-29 03:00:03Z");
        assertThat(finding.hint()).contains("tidemark verify 20261103T030000Z --repository local", "sync --quick");
    }

    /** A bundle of the full backup, in all increments that refer to it. */
    @Test
    void anObjectThatManyBackupsNeedIsDamagedOnce() {
        for (int day = 1; day <= 19; day++) {
            backup(day, 1, "bundle/1");
        }

        Finding finding = finding();
        assertThat(finding.message())
                .isEqualTo("verify found 1 problem in 19 backups, from 20261101T030000Z to 20261119T030000Z of 'local'"
                        + " at 2026-11-29 03:00:19Z");
        assertThat(finding.values()).containsEntry(Measure.PROBLEMS, 1L);
    }

    @Test
    void whatIsNotNamedMayBeMore() {
        Finding finding = backup(1, 500, "bundle/1").backup(2, 1, "bundle/2").finding();

        assertThat(finding.message()).contains("at least 500 problems in 2 backups");
        assertThat(finding.hint()).contains("tidemark sync.").doesNotContain("--quick");
    }
}
