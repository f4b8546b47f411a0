// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.parent;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.tidemark.backup.request.ReferenceAge;
import org.tidemark.backup.target.Receiver;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.Encryption;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectLock;

/**
 * Which backup an incremental one refers to: the newest that is in all repositories of a variant, undamaged, and
 * encrypted as this one. What is read is compared whole, and files are left out only on the parent's timeline; so any
 * such backup can be a parent.
 *
 * @param receivers of the variant, at least one
 * @param now when the objects are listed
 * @param warning is told what cannot be read of the parent later
 */
public record ParentChoice(List<Receiver> receivers, Instant now, Consumer<String> warning) {
    /** So many of the newest backups are looked at. */
    private static final int LOOKED_AT = 10;

    /** What was found. */
    public sealed interface Found {
        record Parent(ParentFrames frames) implements Found {}

        /**
         * There is none.
         *
         * @param reason a part of a sentence
         */
        record None(String reason) implements Found {}
    }

    /** Reads the chosen one. A repository that fails is left to fail at what it must do. */
    public Found find() {
        Optional<Duration> maxAge = receivers.stream()
                .flatMap(each -> each.target().maxReferenceAge().stream())
                .min(Comparator.naturalOrder());
        Optional<Duration> lock = receivers.stream()
                .flatMap(each -> each.archive().repository().store().lock().stream())
                .map(ObjectLock::period)
                .min(Comparator.naturalOrder());
        if (lock.isPresent()
                && maxAge.filter(age -> age.compareTo(lock.get()) < 0).isEmpty()) {
            return new Found.None("the repository locks its objects, and has no max-reference-age that is shorter than"
                    + " its lock-for: the locks of earlier backups may end at any time");
        }
        Optional<Encryption> encryption =
                receivers.getFirst().target().encoding().encryption();
        if (encryption.isPresent()
                && !receivers.getFirst().archive().repository().privateKeys().areConfigured()) {
            return new Found.None("the repository is encrypted, and this host has no private key to read it");
        }
        try {
            BackupCatalog catalog = receivers.getFirst().archive().backups();
            BackupMarks marks = catalog.marks();
            List<CatalogEntry.Published> newest = catalog.listObjectsOfNewest(LOOKED_AT, now).stream()
                    .filter(CatalogEntry.Published.class::isInstance)
                    .map(CatalogEntry.Published.class::cast)
                    .toList()
                    .reversed();
            for (CatalogEntry.Published each : newest) {
                BaseBackup backup = each.backup();
                // One that lacks an object would be lacking in every child, which would not be published.
                if (each.objects() instanceof BackupObjects.Complete
                        && marks.damage(backup).isEmpty()
                        && backup.objects().encryption().equals(encryption)
                        && isIn(receivers, backup)) {
                    return new Found.Parent(ParentFrames.read(catalog, backup, new ReferenceAge(maxAge, now), warning));
                }
            }
            return new Found.None(
                    newest.isEmpty()
                            ? "there is no backup to refer to"
                            : "no backup that is complete and undamaged, and encrypted as this one, is in all of its"
                                    + " repositories");
        } catch (IOException | UserFacingException e) {
            return new Found.None("no backup to refer to could be read: " + e.getMessage());
        }
    }

    private static boolean isIn(Receiver receiver, BaseBackup backup) throws IOException {
        return receiver.archive().backups().entry(backup.id()).stream()
                .anyMatch(entry -> entry instanceof CatalogEntry.Published there
                        && there.backup()
                                .objects()
                                .nonce()
                                .equals(backup.objects().nonce()));
    }

    /**
     * Whether all of these repositories have it. Asked again once the intent that names it is stored: an expiry that
     * has not seen the intent has removed it by then.
     */
    public static boolean isIn(List<Receiver> receivers, BaseBackup parent) throws IOException {
        for (Receiver each : receivers) {
            if (!isIn(each, parent)) {
                return false;
            }
        }
        return true;
    }
}
