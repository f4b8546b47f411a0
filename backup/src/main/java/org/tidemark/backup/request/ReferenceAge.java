// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.request;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;

/**
 * How old the objects may be that a backup refers to. Those of one backup do not all become too old at once, but one by
 * one in the second half of this time: a full backup is stored again over many backups.
 *
 * @param most without it, they may be of any age
 * @param now when the backup that refers to them begins
 */
public record ReferenceAge(Optional<Duration> most, Instant now) {
    /** 2^32 by the golden ratio: numbers that follow each other get limits that are far apart. */
    private static final int SPREAD = 0x9E3779B9;

    private static final int PART_BITS = 16;

    /**
     * Whether a bundle or a part of a manifest has to be stored again.
     *
     * @param owner the backup, or attempt, that stored it
     * @param number among the objects of the owner
     */
    public boolean isTooOld(BackupId owner, int number) {
        return most.isPresent()
                && Duration.between(owner.started(), now).compareTo(limit(most.get(), owner, number)) > 0;
    }

    private static Duration limit(Duration most, BackupId owner, int number) {
        int part = ((owner.value().hashCode() + number) * SPREAD) >>> PART_BITS;
        Duration half = most.dividedBy(2);
        return half.plus(half.multipliedBy(part).dividedBy(1 << PART_BITS));
    }
}
