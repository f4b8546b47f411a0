// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.BackupMarks.UnreadableMark;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.Findings.KnownDamage;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.core.IoAction;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * What earlier runs noted in the repository, and what this one notes. Used by one thread.
 *
 * @param known empty if it cannot be read; the findings are then stored once more
 */
record VerificationMarks(
        BackupCatalog catalog,
        PrivateKeys privateKeys,
        IncarnationKeys incarnation,
        Verifier.Options options,
        Clock clock,
        Findings findings,
        Optional<BackupMarks> known) {
    private static final KnownDamage NO_DAMAGE = new KnownDamage(0, List.of());

    /**
     * Reads the marks.
     *
     * @param only those of one backup
     */
    static VerificationMarks read(
            BackupCatalog catalog,
            PrivateKeys privateKeys,
            IncarnationKeys incarnation,
            Verifier.Options options,
            Clock clock,
            Findings findings,
            Optional<BackupId> only)
            throws IOException {
        Optional<BackupMarks> known;
        try {
            known = Optional.of(only.isPresent() ? catalog.marks(only.get()) : catalog.marks());
        } catch (StorageDenied e) {
            known = Optional.empty(); // so everything is read; that no mark can be set is said then
        }
        return new VerificationMarks(catalog, privateKeys, incarnation, options, clock, findings, known);
    }

    /** What marks say of a backup; a damaged one is a problem. */
    PastReading past(BaseBackup backup) {
        if (known.isEmpty()) {
            return PastReading.NONE;
        }
        List<UnreadableMark> unreadable = known.get().unreadable(backup.keys());
        if (!(options.extent() instanceof Extent.Everything)) {
            unreadable.forEach(each -> findings.problem(each.key(), List.of(), each.problem()));
        }
        PastReading past = PastReading.of(known.get().of(backup.id()), scope(backup));
        return unreadable.isEmpty() && !(options.extent() instanceof Extent.Everything)
                ? past
                : new PastReading(false, past.readTo(), past.since(), past.lastWhole(), past.lastEnd(), past.damage());
    }

    /** What marks say of the WAL. */
    PastReading pastOfWal() {
        return known.map(marks -> PastReading.of(marks.ofWal(), options.scope()))
                .orElse(PastReading.NONE);
    }

    /** What can be compared of a backup here. */
    private Scope scope(BaseBackup backup) {
        return isUndecryptable(backup) ? Scope.STORED : options.scope();
    }

    /** Whether no more than stored bytes can be compared here. */
    boolean isUndecryptable(BaseBackup backup) {
        return backup.objects().encryption().isPresent() && !privateKeys.areConfigured();
    }

    /**
     * Stores the findings in the repository, where {@code check} and the listing of backups see them.
     *
     * @return the backups that are sound
     */
    List<BackupId> conclude(Collection<BackupToVerify> backups, boolean everything) throws IOException {
        List<BackupId> sound = concludeBackups(backups);
        concludeWal(everything);
        return sound;
    }

    /** The same for backups alone. */
    List<BackupId> concludeBackups(Collection<BackupToVerify> backups) throws IOException {
        List<BackupId> sound = new ArrayList<>();
        boolean inPart = options.extent() instanceof Extent.Sample || options.subject() == Subject.WAL;
        for (BackupToVerify each : backups) {
            if (findings.isSound(each.id())) {
                // What is not read is not known to be sound, or repaired.
                if (!inPart || each.past().damage().isEmpty()) {
                    sound.add(each.id());
                }
                if (!inPart && !each.isMarked()) {
                    mark(each.backup(), NO_DAMAGE, Optional.empty(), Optional.empty());
                }
            } else {
                KnownDamage found = findings.damage(each.id());
                KnownDamage damage = inPart ? each.past().and(found) : found;
                if (found.count() > 0 && !isSaid(damage, each.past().damage())) {
                    mark(
                            each.backup(),
                            damage,
                            inPart ? each.past().place() : Optional.empty(),
                            each.past().since());
                }
            }
        }
        sound.sort(null);
        return sound;
    }

    private void concludeWal(boolean everything) throws IOException {
        PastReading past = pastOfWal();
        KnownDamage found = findings.walDamage(incarnation);
        if (options.extent() instanceof Extent.Sample) {
            KnownDamage damage = past.and(found);
            if (found.count() > 0 && !isSaid(damage, past.damage())) {
                markWal(damage, past.place(), past.since());
            }
        } else if (everything && (!isSaid(found, past.damage()) || past.hasBegun())) {
            markWal(found, Optional.empty(), Optional.empty());
        }
    }

    /** Whether a mark says just that. */
    static boolean isSaid(KnownDamage damage, Optional<Mark.Verified> mark) {
        return damage.count() == mark.map(Mark.Verified::problems).orElse(0L)
                && damage.keys().equals(mark.map(Mark.Verified::damaged).orElse(List.of()));
    }

    /** Sets a mark of a backup. */
    void mark(BaseBackup backup, KnownDamage damage, Optional<String> readTo, Optional<Instant> since)
            throws IOException {
        Scope scope = findings.isUndecryptable(backup.id()) ? Scope.STORED : scope(backup);
        note(() -> catalog.mark(
                backup.id(), new Mark.Verified(clock.instant(), damage.count(), scope, readTo, since, damage.keys())));
    }

    /** Sets a mark of the WAL. */
    void markWal(KnownDamage damage, Optional<String> readTo, Optional<Instant> since) throws IOException {
        note(() -> catalog.markWal(
                new Mark.Verified(clock.instant(), damage.count(), options.scope(), readTo, since, damage.keys())));
    }

    /** Findings do not depend on whether the credentials may write. */
    private void note(IoAction marking) throws IOException {
        try {
            marking.run();
        } catch (StorageException e) {
            findings.unmarked(String.valueOf(e.getMessage()));
        }
    }
}
