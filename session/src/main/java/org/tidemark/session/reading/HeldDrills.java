// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillChain.Signatures;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Restored;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.layout.BackupId;

/**
 * The drills of an incarnation, by the evidence of its repositories. Immutable.
 *
 * @param newestFirst each once, however many repositories have evidence of it
 */
public record HeldDrills(List<DrillEvidence> newestFirst) {
    /** So much the clocks of hosts may differ. */
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    public HeldDrills {
        newestFirst = List.copyOf(newestFirst);
    }

    /**
     * Joins the evidence of several chains by the id of the drill. The clock of a host may have been wrong: in one
     * chain the numbers tell the order, and a drill that has passed in the future is the oldest of all, so that it
     * hides no failure.
     */
    public static HeldDrills of(Collection<DrillChain> chains, Instant now) {
        Map<String, DrillEvidence> byId = new LinkedHashMap<>();
        Map<String, Instant> ended = new HashMap<>();
        for (DrillChain chain : chains) {
            Instant next = Instant.MAX;
            Instant nextProven = Instant.MAX;
            for (DrillEvidence each : chain.evidence().reversed()) {
                next = earlier(each.ended(), next);
                // A failure is no older for another failure after it: a clock that was late must not hide it.
                nextProven = each.isProven() ? earlier(each.ended(), nextProven) : nextProven;
                Instant at = !each.isProven()
                        ? earlier(each.ended(), nextProven)
                        : next.isAfter(now.plus(CLOCK_SKEW)) ? Instant.MIN : next;
                byId.putIfAbsent(each.id(), each.alone());
                ended.merge(each.id(), at, (one, other) -> one.isBefore(other) ? one : other);
            }
        }
        return new HeldDrills(byId.values().stream()
                .sorted(Comparator.comparing((DrillEvidence each) -> ended.getOrDefault(each.id(), each.ended()))
                        .reversed())
                .toList());
    }

    /**
     * Those of some chains that count with the keys that are known.
     *
     * @param chains all of one incarnation
     */
    public static HeldDrills counted(Collection<DrillChain> chains, List<EvidenceKey> known, Instant now) {
        return of(chains, now)
                .signed(
                        known,
                        chains.stream().map(chain -> chain.signatures(known)).toList());
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /**
     * Those that say something of these repositories: of the drills without any other one all, and what has failed by
     * the data with one of them.
     *
     * @param repositories their ids
     */
    public HeldDrills readingOnly(Set<String> repositories) {
        return new HeldDrills(newestFirst.stream()
                .filter(each -> {
                    List<String> ids = each.repositories().stream()
                            .map(DrillEvidence.Source::id)
                            .toList();
                    return each.isFailureOfData()
                            ? ids.stream().anyMatch(repositories::contains)
                            : !ids.isEmpty() && repositories.containsAll(ids);
                })
                .toList());
    }

    /**
     * Those that count where keys are known: what has passed counts only with a signature of one of them. Anyone who
     * may write could store the other, also in place of all that was signed.
     *
     * @param known the keys
     * @param signatures of all chains of the incarnation, by these keys
     */
    public HeldDrills signed(Collection<EvidenceKey> known, Collection<Signatures> signatures) {
        if (known.isEmpty()) {
            return this;
        }
        Set<String> signed =
                signatures.stream().flatMap(each -> each.drills().stream()).collect(Collectors.toSet());
        List<DrillEvidence> counted = new ArrayList<>();
        boolean hasPassedSince = false;
        for (DrillEvidence each : newestFirst) {
            if (signed.contains(each.id()) || (!each.isProven() && !hasPassedSince)) {
                counted.add(each);
            }
            hasPassedSince |= each.isProven();
        }
        return new HeldDrills(counted);
    }

    /** The drill that ended last. */
    public Optional<DrillEvidence> last() {
        return newestFirst.stream().findFirst();
    }

    /** The proven drill that ended last. */
    public Optional<DrillEvidence> lastProven() {
        return newestFirst.stream().filter(DrillEvidence::isProven).findFirst();
    }

    /**
     * The last drill that said something about a backup: it passed, or failed by the data. One that failed by its host,
     * by a question or by a time limit says nothing.
     */
    public Optional<DrillEvidence> lastOf(BackupId backup) {
        return newestFirst.stream()
                .filter(each -> each.isProven() || each.isFailureOfData())
                .filter(each -> each.restored()
                        .filter(restored -> restored.backup().equals(backup))
                        .isPresent())
                .findFirst();
    }

    /** The last drill that began with this backup, whatever it came to. */
    public Optional<DrillEvidence> lastWith(BackupId backup) {
        return newestFirst.stream()
                .filter(each -> each.restored()
                        .filter(restored -> restored.backup().equals(backup))
                        .isPresent())
                .findFirst();
    }

    /**
     * The drill that has proven the newest moment, of those whose backup is still there, and has not failed since.
     *
     * @param isThere whether a backup is
     */
    public Optional<DrillEvidence> provenByWhatIsThere(Predicate<BackupId> isThere) {
        return newestFirst.stream()
                .filter(DrillEvidence::isProven)
                .filter(each -> each.restored()
                        .map(Restored::backup)
                        .filter(isThere)
                        .flatMap(this::lastOf)
                        .filter(DrillEvidence::isProven)
                        .isPresent())
                .max(Comparator.comparing(each -> each.provenTo().orElse(Instant.MIN)));
    }

    /**
     * The backup of the last drill that has passed, whose backup is there, and has not been at fault since.
     *
     * @param isThere whether a backup is
     */
    public Optional<BackupId> lastGood(Predicate<BackupId> isThere) {
        Set<BackupId> bad = new HashSet<>();
        for (DrillEvidence each : newestFirst) {
            Optional<BackupId> backup = each.restored().map(Restored::backup);
            if (each.isFailureOfTheBackup()) {
                backup.ifPresent(bad::add);
            } else if (each.isProven()
                    && backup.filter(isThere).filter(id -> !bad.contains(id)).isPresent()) {
                return backup;
            }
        }
        return Optional.empty();
    }

    /** The last drill that failed by the backup or the WAL, if none has passed since. */
    public Optional<DrillEvidence> failureOfData() {
        return newestFirst.stream()
                .takeWhile(each -> !each.isProven())
                .filter(DrillEvidence::isFailureOfData)
                .findFirst();
    }
}
