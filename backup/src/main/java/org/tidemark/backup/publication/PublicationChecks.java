// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.publication;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Checks what must be true of a repository just before a backup becomes visible in it. A backup takes hours; meanwhile
 * a lifecycle rule, an expiry that takes the backup for an interrupted one, or an operator may delete its objects.
 *
 * @param backup what its {@code backup.json} will say
 */
record PublicationChecks(Repository repository, BaseBackup backup) {
    /**
     * Requires that the repository has every object that {@code backup.json} refers to, and that there is time left.
     *
     * @param bundles what its list of bundles has
     */
    void require(Collection<BundleRef> bundles) throws IOException {
        repository.confirmPresent();
        requireBundles(bundles);
        requireManifests();
        requireObject(keys().bundles(), backup.objects().bundles());
        requireInTime();
    }

    private ObjectStore store() {
        return repository.store();
    }

    private BackupKeys keys() {
        return backup.keys();
    }

    /** Lists the bundles, those of other backups too; one request finds a thousand. */
    private void requireBundles(Collection<BundleRef> bundles) throws IOException {
        Map<BackupId, List<BundleRef>> byOwner =
                bundles.stream().collect(Collectors.groupingBy(BundleRef::id, TreeMap::new, Collectors.toList()));
        for (Map.Entry<BackupId, List<BundleRef>> each : byOwner.entrySet()) {
            BackupKeys owner = new BackupKeys(keys().cluster(), keys().system(), each.getKey());
            Listing listing = Listing.of(store(), folder(owner.bundle(1)));
            each.getValue().sort(Comparator.comparingInt(BundleRef::number));
            for (BundleRef bundle : each.getValue()) {
                requireListed(listing, owner.bundle(bundle.number()), bundle.object());
            }
        }
    }

    /** Lists the parts of both manifests, those of other backups too. */
    private void requireManifests() throws IOException {
        SortedMap<ObjectKey, StoredObject> parts = new TreeMap<>();
        backup.listed().forEach((name, object) -> parts.put(name.key(), object));
        String listed = "";
        Optional<Listing> listing = Optional.empty();
        for (Map.Entry<ObjectKey, StoredObject> each : parts.entrySet()) {
            if (listing.isEmpty() || !folder(each.getKey()).equals(listed)) {
                listed = folder(each.getKey());
                listing = Optional.of(Listing.of(store(), listed));
            }
            requireListed(listing.get(), each.getKey(), each.getValue());
        }
    }

    private static String folder(ObjectKey key) {
        return key.value().substring(0, key.value().lastIndexOf('/') + 1);
    }

    private void requireListed(Listing listing, ObjectKey key, StoredObject expected) throws IOException {
        Optional<ObjectInfo> listed = listing.find(key);
        if (listed.isEmpty() || listed.get().sizeBytes() != expected.sizeBytes()) {
            // Some stores list a new object late.
            requireObject(key, expected);
        }
    }

    private void requireObject(ObjectKey key, StoredObject expected) throws IOException {
        ObjectInfo found = store().stat(key).orElseThrow(() -> missing(key));
        if (found.sizeBytes() != expected.sizeBytes()) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "'" + key + "' in " + store().description() + " has " + found.sizeBytes()
                            + " bytes, but this backup stored " + expected.sizeBytes() + "; there is no backup",
                    "Does another program write into this repository? Take the backup again.");
        }
    }

    /**
     * Requires that {@link Intent#PUBLICATION_LIMIT} has not passed since the id was claimed. Both times are those of
     * the store().
     */
    private void requireInTime() throws IOException {
        ObjectInfo claimed = store().stat(keys().intent()).orElseThrow(() -> missing(keys().intent()));
        Instant now = repository.storeTime(mayNotDelete -> {});
        Duration taken = Duration.between(claimed.stored(), now);
        if (taken.compareTo(Intent.PUBLICATION_LIMIT) > 0) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the backup began " + taken.toHours() + " hours ago by the clock of " + store().description()
                            + ", and a backup must end within " + Intent.PUBLICATION_LIMIT.toHours()
                            + " hours; there is no backup",
                    "What takes so long? 'tidemark backup' shows its progress; --method local on PostgreSQL's host is"
                            + " faster.");
        }
    }

    private UserFacingException missing(ObjectKey key) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "'" + key + "', which this backup needs, is missing in " + store().description()
                        + "; there is no backup",
                "Did a lifecycle rule of the store or another program delete it? Take the backup again.");
    }
}
