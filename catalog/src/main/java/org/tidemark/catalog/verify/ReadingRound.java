// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.Mark.Verified;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.BudgetedVerification.Allowance;
import org.tidemark.catalog.verify.Findings.KnownDamage;
import org.tidemark.catalog.verify.ObjectVisitor.PlannedRead;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Reads one backup with its WAL, or all WAL and histories of an incarnation, in the order of the keys, from where the
 * last run stopped. A mark says how far it came. Used by one thread.
 */
final class ReadingRound {
    /** More than the clock of a host and that of a store may differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

    /** A round that is complete is not begun again before that: the marks of many small backups would pile up. */
    static final Duration REST = Duration.ofDays(7);

    /** After so many bytes a mark is set, so that a run that is cut off has not read in vain. */
    private static final long BYTES_BETWEEN_MARKS = 64L << 30;

    /** The most urgent first. */
    static final Comparator<ReadingRound> URGENCY = Comparator.comparing(
                    (ReadingRound round) -> round.past.lastWhole().orElse(Instant.MIN))
            .thenComparing(round ->
                    round.backup.map(each -> each.backup().run().ended()).orElse(Instant.MAX))
            .thenComparing(round -> round.backup.map(each -> each.id().value()).orElse(""));

    private final ObjectStore store;
    private final IncarnationVerification incarnation;
    private final Optional<BackupToVerify> backup;
    private final PastReading past;
    private final Set<ObjectKey> read;

    /** Only what was stored later is read; empty: everything. */
    private Optional<Instant> storedFrom = Optional.empty();

    private Optional<String> readTo;
    private boolean isWhole;
    private KnownDamage saidDamage;
    private Optional<String> saidTo;
    private boolean saidWhole;

    /** @param backup without it, the WAL of the incarnation */
    ReadingRound(ObjectStore store, IncarnationVerification incarnation, Optional<BackupToVerify> backup) {
        this.store = store;
        this.incarnation = incarnation;
        this.backup = backup;
        this.past =
                backup.isPresent() ? backup.get().past() : incarnation.marks().pastOfWal();
        this.read = incarnation.readByBudget();
        this.readTo = past.readTo();
        this.saidTo = past.readTo();
        this.saidDamage = new KnownDamage(
                past.damage().map(Verified::problems).orElse(0L),
                past.damage().map(Verified::damaged).orElse(List.of()));
    }

    boolean isOf(IncarnationVerification other) {
        return incarnation == other;
    }

    /** Whether all of it was read so recently that it is not read again yet. */
    boolean rests(Instant now) {
        return past.readTo().isEmpty()
                && past.lastWhole().filter(read -> read.plus(REST).isAfter(now)).isPresent();
    }

    /** Reads the objects again that were damaged when they were last read. */
    void readDamaged(Allowance allowance) throws IOException {
        List<String> damaged = past.damage().map(Verified::damaged).orElse(List.of());
        Map<ObjectKey, PlannedRead> readable = new HashMap<>();
        if (backup.isPresent() && !damaged.isEmpty()) {
            incarnation.visitor().planned(backup.get()).forEach(each -> readable.put(each.key(), each));
        }
        for (String rest : damaged) {
            ObjectKey key = new ObjectKey(incarnation.incarnation().prefix() + rest);
            Optional<PlannedRead> planned = backup.isPresent()
                    ? Optional.ofNullable(readable.get(key))
                    : store.stat(key).flatMap(incarnation.visitor()::walReading);
            // An object that is not there is a finding of its own.
            if (planned.isPresent() && !begin(planned.get(), allowance)) {
                incarnation
                        .findings()
                        .problem(
                                key,
                                planned.get().owners(),
                                "was damaged when it was last read, and the budget is used up before it is read again");
            }
        }
        incarnation.pool().finish();
    }

    /**
     * Finishes the round that has begun, or else reads the WAL that was stored since the end of the last one, which
     * belongs to that round then.
     */
    void readNew(Allowance allowance) throws IOException {
        if (past.readTo().isEmpty()) {
            storedFrom = past.lastEnd().map(end -> end.minus(CLOCKS_DIFFER));
        }
        read(allowance);
    }

    /** Reads on from where the last run stopped, until the allowance is used up. */
    void read(Allowance allowance) throws IOException {
        isWhole = backup.isPresent() ? readBackup(allowance) : readWal(allowance);
        incarnation.pool().finish();
        mark();
    }

    private boolean readBackup(Allowance allowance) throws IOException {
        List<PlannedRead> planned = incarnation.visitor().planned(backup.orElseThrow()).stream()
                .sorted(Comparator.comparing(PlannedRead::key))
                .toList();
        long unmarkedBytes = 0;
        for (PlannedRead each : planned) {
            if (isBefore(each.key())) {
                continue;
            }
            if (!begin(each, allowance)) {
                return false;
            }
            readTo = Optional.of(rest(each.key()));
            unmarkedBytes = markSometimes(unmarkedBytes + each.sizeBytes());
        }
        return true;
    }

    private boolean readWal(Allowance allowance) throws IOException {
        long unmarkedBytes = 0;
        for (String folder : List.of(
                incarnation.incarnation().histories(), incarnation.incarnation().wal())) {
            Optional<ObjectKey> from = readTo.map(
                            rest -> new ObjectKey(incarnation.incarnation().prefix() + rest))
                    .filter(key -> key.value().startsWith(folder));
            Listing listing = from.isPresent() ? Listing.from(from.get(), store, folder) : Listing.of(store, folder);
            for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
                Optional<PlannedRead> planned = incarnation.visitor().walReading(object);
                Instant stored = object.stored();
                if (planned.isEmpty()
                        || isBefore(object.key())
                        || storedFrom.filter(stored::isBefore).isPresent()) {
                    continue;
                }
                if (!begin(planned.get(), allowance)) {
                    return false;
                }
                readTo = Optional.of(rest(object.key()));
                unmarkedBytes = markSometimes(unmarkedBytes + object.sizeBytes());
            }
        }
        return true;
    }

    private boolean isBefore(ObjectKey key) {
        return readTo.filter(to -> rest(key).compareTo(to) <= 0).isPresent();
    }

    private String rest(ObjectKey key) {
        return key.value().substring(incarnation.incarnation().prefix().length());
    }

    private boolean begin(PlannedRead each, Allowance allowance) throws IOException {
        if (read.contains(each.key())) {
            return true;
        }
        if (!allowance.take(each.sizeBytes())) {
            return false;
        }
        read.add(each.key());
        incarnation.pool().submit(each.key(), each.sizeBytes(), each.owners(), each.check());
        return true;
    }

    /** @return how many bytes were read since the last mark */
    private long markSometimes(long unmarkedBytes) throws IOException {
        if (unmarkedBytes < BYTES_BETWEEN_MARKS) {
            return unmarkedBytes;
        }
        incarnation.pool().finish();
        mark();
        return 0;
    }

    /** Says what other rounds found since; gives the backup if nothing is known to be wrong with it. */
    Optional<BackupId> conclude() throws IOException {
        if (backup.isPresent() && !incarnation.has(backup.get().id())) {
            return Optional.empty(); // removed meanwhile
        }
        if (!isWhole && unnamed() > 0) {
            backup.ifPresent(each -> incarnation
                    .findings()
                    .unreadable(
                            each.backup().keys().backup(),
                            List.of(each.id()),
                            "was damaged when it was verified, and has not been read whole since"));
        }
        mark();
        return backup.map(BackupToVerify::id).filter(incarnation.findings()::isSound);
    }

    private long unnamed() {
        return isWhole ? 0 : past.unnamedProblems();
    }

    private void mark() throws IOException {
        Findings findings = incarnation.findings();
        KnownDamage found =
                backup.isPresent() ? findings.damage(backup.get().id()) : findings.walDamage(incarnation.incarnation());
        KnownDamage damage = new KnownDamage(found.count() + unnamed(), found.keys());
        boolean unreadable =
                backup.isPresent() && !findings.isSound(backup.get().id()) && damage.count() == 0;
        boolean nothingNew = storedFrom.isPresent() && readTo.isEmpty();
        boolean said = damage.equals(saidDamage) && readTo.equals(saidTo) && (isWhole == saidWhole || nothingNew);
        if (said || unreadable) {
            return;
        }
        Optional<String> to = isWhole ? Optional.empty() : Optional.of(readTo.orElse(""));
        Optional<Instant> since =
                storedFrom.isPresent() ? past.lastWhole() : past.readTo().isPresent() ? past.since() : Optional.empty();
        if (backup.isPresent()) {
            incarnation.marks().mark(backup.get().backup(), damage, to, since);
        } else {
            incarnation.marks().markWal(damage, to, since);
        }
        saidDamage = damage;
        saidTo = readTo;
        saidWhole = isWhole;
    }
}
