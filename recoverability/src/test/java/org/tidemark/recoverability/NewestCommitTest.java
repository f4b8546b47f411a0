// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.tidemark.postgres.wal.change.LastCommit;

class NewestCommitTest {
    private static NewestCommit of(Archives archives) {
        CatalogSnapshot catalog = archives.build();
        return NewestCommit.of(catalog, RecoverableIntervals.of(catalog));
    }

    private static NewestCommit found(int xid, long index, long minute) {
        return new NewestCommit.Found(new LastCommit(xid, minute(minute), at(index, 64)));
    }

    private static Archives whole() {
        return new Archives().wal(1, 1, 40).backup("A", 1, 5);
    }

    @Test
    void itIsTheOneOfTheLastSegmentThatHasOne() {
        assertThat(of(whole().commit(1, 40, 740, 39).commit(1, 39, 739, 38))).isEqualTo(found(740, 40, 39));
        assertThat(of(whole().commit(1, 38, 738, 37).quiet(1, 39, 40))).isEqualTo(found(738, 38, 37));
    }

    @Test
    void aQuietServerIsNotReadWithoutEnd() {
        assertThat(of(whole().commit(1, 36, 736, 35).quiet(1, 37, 40))).isEqualTo(new NewestCommit.NoneIn(4));
        assertThat(of(new Archives().wal(1, 1, 6).backup("A", 1, 5).quiet(1, 5, 6)))
                .as("nothing before the backup is read")
                .isEqualTo(new NewestCommit.NoneIn(2));
    }

    @Test
    void whatCannotBeReadIsNotPassedOver() {
        assertThat(of(whole().commit(1, 38, 738, 37).quiet(1, 40, 40)))
                .isEqualTo(new NewestCommit.Unreadable(segment(1, 39)));
    }

    @Test
    void whatABackupAfterAHoleLeadsToCounts() {
        Archives hole = new Archives().wal(1, 1, 20).wal(1, 22, 40).backup("A", 1, 5);

        assertThat(of(hole.commit(1, 40, 740, 39).commit(1, 20, 720, 19)))
                .as("a recovery without a target is refused")
                .isEqualTo(new NewestCommit.NotLookedAt());
        assertThat(of(hole.backup("B", 1, 30))).isEqualTo(found(740, 40, 39));
    }

    @Test
    void theSegmentsOfTheAncestorsAreRead() {
        assertThat(of(new Archives()
                        .wal(1, 1, 30)
                        .wal(2, 30, 31)
                        .history(2, "1\t0/1E000100\tno recovery target specified\n")
                        .backup("A", 1, 5)
                        .quiet(2, 30, 31)
                        .commit(1, 29, 729, 28)
                        .commit(1, 30, 730, 30)))
                .isEqualTo(found(729, 29, 28));
    }

    @Test
    void whereARecoveryWouldBeRefusedOrTimeIsUpNobodyLooks() {
        assertThat(of(new Archives().wal(1, 1, 40).commit(1, 40, 740, 39))).isEqualTo(new NewestCommit.NotLookedAt());
        CatalogSnapshot catalog =
                whole().quiet(1, 40, 40).commit(1, 39, 739, 38).build();
        assertThat(NewestCommit.of(
                        catalog, RecoverableIntervals.of(catalog).toLatest().orElseThrow(), Duration.ZERO))
                .isEqualTo(new NewestCommit.NotLookedAt());
    }
}
