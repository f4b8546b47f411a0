// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How long a repository keeps backups and WAL. Immutable.
 *
 * @param policy empty: no backup goes by itself
 * @param wal the backups after which all WAL is kept; empty: those that {@code policy} keeps. The WAL that a backup
 *     needs to become consistent stays as long as the backup
 * @param longTerm backups that stay beyond the policy, without the WAL after them
 * @param minimumRedundancy so many usable backups always stay, 1 or more
 */
public record RetentionSettings(
        Optional<RetentionPolicy> policy,
        Optional<RetentionPolicy> wal,
        List<LongTermRule> longTerm,
        int minimumRedundancy) {
    public static final int DEFAULT_MINIMUM_REDUNDANCY = 1;

    public static final RetentionSettings NONE =
            new RetentionSettings(Optional.empty(), Optional.empty(), List.of(), DEFAULT_MINIMUM_REDUNDANCY);

    public RetentionSettings {
        longTerm = List.copyOf(longTerm);
        if (minimumRedundancy < 1 || minimumRedundancy > RetentionPolicy.Redundancy.MAX_BACKUPS) {
            throw new IllegalArgumentException("not a number of backups: " + minimumRedundancy);
        }
        if (policy.isEmpty() && (wal.isPresent() || !longTerm.isEmpty())) {
            throw new IllegalArgumentException("rules for WAL and for long terms need a retention policy");
        }
    }

    /** The same with another policy for backups. */
    public RetentionSettings with(RetentionPolicy other) {
        return new RetentionSettings(Optional.of(other), wal, longTerm, minimumRedundancy);
    }

    /**
     * All of them, as the configuration names them; empty without a policy. A tombstone says it, and expiry sees by it
     * that they were changed: settings that differ have different texts.
     */
    public String inWords() {
        List<String> words = new ArrayList<>();
        policy.ifPresent(each -> words.add(each.toString()));
        wal.ifPresent(each -> words.add("wal-retention " + each));
        if (!longTerm.isEmpty()) {
            words.add("keep " + longTerm.stream().map(LongTermRule::toString).collect(Collectors.joining(", ")));
        }
        if (policy.isPresent() && minimumRedundancy != DEFAULT_MINIMUM_REDUNDANCY) {
            words.add("minimum-redundancy " + minimumRedundancy);
        }
        return String.join("; ", words);
    }
}
