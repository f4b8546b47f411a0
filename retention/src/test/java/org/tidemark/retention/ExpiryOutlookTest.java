// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.retention.Awaited.Contents;
import org.tidemark.retention.Awaited.Copies;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.ExpiryOutlook.Others;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPolicy.Redundancy;

class ExpiryOutlookTest {
    private static final Instant NOW = Instant.parse("2026-11-20T00:00:00Z");
    private static final Others NO_OTHERS = held -> Awaited.NOTHING;
    private static final RetentionSettings ONE = RetentionSettings.NONE.with(new Redundancy(1));

    /** A backup a day, each with the one segment that it needs. */
    private static RetentionCatalog backups(int count) {
        SimulatedArchive archive = new SimulatedArchive();
        for (int day = 1; day <= count; day++) {
            Instant at = NOW.minus(Duration.ofDays(count - day));
            archive.wal(1, day, at).backup(1, day, day, at);
        }
        return archive.catalog();
    }

    private static List<BackupId> ids(RetentionCatalog catalog) {
        return catalog.backups().stream().map(PublishedBackup::id).toList();
    }

    private static List<BackupId> leaving(ExpiryOutlook outlook) {
        return outlook.plan().leaving().stream().map(PublishedBackup::id).toList();
    }

    /** Another repository that has nothing yet, and keeps as many. */
    private static Others empty(int redundancy) {
        return held -> Awaited.of(
                held,
                List.of(new Lagging(
                        "offsite",
                        RetentionSettings.NONE.with(new Redundancy(redundancy)),
                        Optional.of(new Contents()),
                        Copies.BACKUPS_AND_WAL)),
                NOW);
    }

    @Test
    void nobodyIsAskedWhereNothingGoes() {
        Others asked = held -> fail("asked");

        ExpiryOutlook outlook = ExpiryOutlook.of(ExpiryOutlook.byPolicy(ONE), backups(1), asked, NOW);

        assertThat(outlook.plan().removesNothing()).isTrue();
        assertThat(ExpiryOutlook.of(ExpiryOutlook.byPolicy(RetentionSettings.NONE), backups(5), asked, NOW)
                        .plan()
                        .removesNothing())
                .isTrue();
    }

    @Test
    void whatAnotherRepositoryLacksStaysAndIsNamed() {
        RetentionCatalog held = backups(4);

        ExpiryOutlook outlook = ExpiryOutlook.of(ExpiryOutlook.byPolicy(ONE), held, empty(2), NOW);

        assertThat(outlook.alone().leaving()).hasSize(3);
        assertThat(leaving(outlook)).isEqualTo(ids(held).subList(0, 2));
        assertThat(outlook.lackedBy(ids(held).get(2))).contains("offsite");
        assertThat(outlook.lackedBy(ids(held).get(0))).isEmpty();
    }

    @Test
    void anOperatorsDeletionLeavesTheWalThatAnotherRepositoryLacks() {
        RetentionCatalog held = backups(3);
        BackupId oldest = ids(held).getFirst();

        ExpiryOutlook outlook = ExpiryOutlook.of(ExpiryOutlook.named(Set.of(oldest)), held, empty(3), NOW);

        assertThat(leaving(outlook)).containsExactly(oldest);
        assertThat(outlook.alone().leavingWal()).isNotEmpty();
        assertThat(outlook.plan().leavingWal()).isEmpty();
        assertThat(outlook.lackedBy(oldest)).contains("offsite");
    }

    @Test
    void whatAnotherRepositoryKeepsStaysWhereTheRuleHeedsIt() {
        RetentionCatalog held = backups(3);
        BackupId oldest = ids(held).getFirst();
        Others keeping = new Others() {
            @Override
            public Awaited awaited(RetentionCatalog there) {
                return Awaited.NOTHING;
            }

            @Override
            public RetentionCatalog kept(RetentionCatalog there) {
                return there.keeping(oldest);
            }
        };

        ExpiryOutlook outlook = ExpiryOutlook.of(ExpiryOutlook.byPolicy(ONE), held, keeping, NOW);

        assertThat(leaving(outlook)).containsExactly(ids(held).get(1));
        assertThat(leaving(ExpiryOutlook.of(ExpiryOutlook.byPolicy(ONE), held, NO_OTHERS, NOW)))
                .isEqualTo(ids(held).subList(0, 2));
    }

    @Test
    void aChangedPolicyRemovesAPartOfIt() {
        assertThat(leaving(ExpiryOutlook.of(ExpiryOutlook.byPolicy(ONE), backups(10), NO_OTHERS, NOW)))
                .hasSize(9);
        assertThat(leaving(ExpiryOutlook.of(ExpiryOutlook.byChangedPolicy(ONE), backups(10), NO_OTHERS, NOW)))
                .hasSize(3);
    }
}
