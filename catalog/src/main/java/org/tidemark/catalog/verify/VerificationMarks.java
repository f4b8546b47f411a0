// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.BackupMarks.UnreadableMark;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
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

    /** Whether a mark says that all of it was read with at least this scope, and nothing was wrong. */
    boolean isMarked(BaseBackup backup) {
        if (options.extent() == Extent.EVERYTHING || known.isEmpty()) {
            return false;
        }
        List<UnreadableMark> unreadable = known.get().unreadable(backup.keys());
        unreadable.forEach(each -> findings.problem(each.key(), List.of(), each.problem()));
        boolean storedIsEnough = options.scope() == Scope.STORED || isUndecryptable(backup);
        boolean marked = false;
        for (Mark mark : known.get().of(backup.id())) {
            if (mark instanceof Mark.Verified verified) {
                // Damage that was found since has to be looked for again.
                marked = verified.problems() == 0 && (marked || verified.scope() == Scope.ALL || storedIsEnough);
            }
        }
        return marked && unreadable.isEmpty();
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
        List<BackupId> sound = new ArrayList<>();
        for (BackupToVerify each : backups) {
            if (findings.isSound(each.id())) {
                sound.add(each.id());
                if (!each.isMarked()) {
                    mark(each.id(), 0);
                }
            } else {
                long problems = findings.damage(each.id());
                boolean said = problems == 0
                        || known.flatMap(marks -> marks.damage(each.id()))
                                .filter(mark -> mark.problems() == problems)
                                .isPresent();
                if (!said) {
                    mark(each.id(), problems);
                }
            }
        }
        long ofWal = findings.walProblems(incarnation);
        long before = known.flatMap(BackupMarks::walDamage)
                .map(Mark.Verified::problems)
                .orElse(0L);
        if (everything && ofWal != before) {
            note(() -> catalog.markWal(new Mark.Verified(clock.instant(), ofWal, options.scope())));
        }
        sound.sort(null);
        return sound;
    }

    private void mark(BackupId id, long problems) throws IOException {
        Scope scope = findings.isUndecryptable(id) ? Scope.STORED : options.scope();
        note(() -> catalog.mark(id, new Mark.Verified(clock.instant(), problems, scope)));
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
