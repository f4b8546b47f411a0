// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.Mark.Verified;
import org.tidemark.catalog.verify.Findings.KnownDamage;

/**
 * What marks say of earlier verifications of one backup, or of the WAL. Immutable.
 *
 * @param isWhole whether all of it was read, and nothing was wrong
 * @param readTo the key, below the incarnation, up to and with which the present round has read; empty if none has
 *     begun
 * @param since when the present round began
 * @param lastWhole when the last whole round began
 * @param lastEnd when the last whole round ended
 * @param damage that was found, and not found repaired since
 */
record PastReading(
        boolean isWhole,
        Optional<String> readTo,
        Optional<Instant> since,
        Optional<Instant> lastWhole,
        Optional<Instant> lastEnd,
        Optional<Verified> damage) {
    static final PastReading NONE = new PastReading(
            false, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * Reads marks.
     *
     * @param marks in the order in which they were set
     * @param scope what has to be compared for an object to count as read
     */
    static PastReading of(List<Mark> marks, Scope scope) {
        PastReading past = NONE;
        for (Mark mark : marks) {
            if (mark instanceof Verified verified) {
                past = past.after(verified, verified.scope() == Scope.ALL || scope == Scope.STORED);
            }
        }
        return new PastReading(past.isWhole, past.readTo, past.since, past.lastWhole, past.lastEnd, Mark.damage(marks));
    }

    private PastReading after(Verified mark, boolean isEnough) {
        // Damage that was found since has to be looked for again.
        boolean whole = mark.problems() == 0 && (isWhole || (isEnough && mark.isWhole()));
        if (!isEnough) {
            return new PastReading(whole, readTo, since, lastWhole, lastEnd, Optional.empty());
        }
        if (mark.isWhole()) {
            return new PastReading(
                    whole,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(mark.readSince()),
                    Optional.of(mark.at()),
                    Optional.empty());
        }
        Optional<String> to = mark.readTo().filter(key -> !key.isEmpty());
        return new PastReading(whole, to, to.map(any -> mark.readSince()), lastWhole, lastEnd, Optional.empty());
    }

    /** How many problems are known without the key of their object. */
    long unnamedProblems() {
        return damage.map(mark -> mark.problems() - mark.damaged().size()).orElse(0L);
    }

    /** Where the next run continues, as a mark says it. */
    Optional<String> place() {
        return Optional.of(readTo.orElse(""));
    }

    /** Whether a run with a budget has read anything, or a round is complete. */
    boolean hasBegun() {
        return readTo.isPresent() || lastWhole.isPresent();
    }

    /** The damage that was known, and more. */
    KnownDamage and(KnownDamage found) {
        TreeSet<String> keys = new TreeSet<>(damage.map(Verified::damaged).orElse(List.of()));
        keys.addAll(found.keys());
        long count = Math.max(Math.max(damage.map(Verified::problems).orElse(0L), found.count()), keys.size());
        return new KnownDamage(count, keys.stream().limit(Verified.MAX_DAMAGED).toList());
    }
}
