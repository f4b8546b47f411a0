// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Reads manifests: every entry must be readable, in order, and together they must be what the backup says; each piece
 * of a file must be in its bundle where the manifest says.
 *
 * @param expected what was looked for, and whether it is intact as far as is known
 */
record ManifestChecks(BackupCatalog catalog, Map<ObjectKey, Expected> expected) {
    /** Not where a part of the manifest is missing or damaged, which is a finding already. */
    boolean canCheck(BackupToVerify each) {
        return each.backup().manifests().keySet().stream()
                .filter(ObjectName.ManifestPart.class::isInstance)
                .allMatch(part -> isIntact(part.key()));
    }

    Compared read(BackupToVerify each) throws IOException {
        BaseBackup backup = each.backup();
        Map<Integer, BundleRef> bundles = each.hasBundlesListed() ? catalog.bundles(backup) : Map.of();
        PieceCheck pieces = new PieceCheck((number, file) -> {
            if (!each.hasBundlesListed()) {
                return Optional.empty();
            }
            BundleRef bundle = bundles.get(number);
            if (bundle == null) {
                throw file.damage("says that it is in bundle " + number + ", which the list of bundles does not have");
            }
            return usable(backup, bundle);
        });
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> entry = manifest.next(); entry.isPresent(); entry = manifest.next()) {
            if (entry.get() instanceof ManifestEntry.FileEntry file) {
                pieces.add(manifest.part(), file);
            }
        }
        pieces.compare();
        return Compared.WHAT_WAS_ASKED;
    }

    /** A bundle that is missing or damaged is a finding already, or will be one when all of it is read. */
    private Optional<BundleReader> usable(BaseBackup backup, BundleRef bundle) throws IOException {
        if (!isIntact(catalog.keys(bundle.id()).bundle(bundle.number()))) {
            return Optional.empty();
        }
        try {
            return Optional.of(catalog.bundle(backup, bundle));
        } catch (DamagedObjectException | ObjectMissing e) {
            return Optional.empty();
        }
    }

    private boolean isIntact(ObjectKey key) {
        return Optional.ofNullable(expected.get(key)).filter(Expected::isIntact).isPresent();
    }
}
