// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.util.BinaryData;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobListDetails;
import com.azure.storage.blob.models.DeleteSnapshotsOptionType;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.Tampering;
import org.tidemark.store.azure.AzureCredential.AccountKey;
import org.tidemark.store.azure.AzureCredential.Identity;
import org.tidemark.store.azure.AzureCredential.SharedAccess;

/** The damage to the blobs of a container, their versions and snapshots included. Thread-safe. */
final class AzureTampering implements Tampering {
    private static final Duration SHORT_LOCK = Duration.ofMinutes(1);

    private final AzureConfig config;
    private final AzureContainer container;
    private final AzureRequests requests;
    private final BlobWriter writer;
    /** Objects whose former bytes were removed, and that could only be replaced. */
    private final Set<ObjectKey> destroyed = ConcurrentHashMap.newKeySet();

    AzureTampering(AzureConfig config, AzureContainer container, AzureRequests requests, AzureErrors errors) {
        this.config = config;
        this.container = container;
        this.requests = requests;
        this.writer = new BlobWriter(config.lockedAtMost(SHORT_LOCK), container, requests, errors);
    }

    @Override
    public void create(ObjectKey key, byte[] content) throws StorageException {
        writer.put(key, ObjectSource.of(content));
    }

    @Override
    public void overwrite(ObjectKey key, byte[] content) throws StorageException {
        requests.send(
                Operation.WRITE,
                key.value(),
                context -> container
                        .blob(key)
                        .uploadWithResponse(
                                new BlockBlobSimpleUploadOptions(BinaryData.fromBytes(content)), null, context)
                        .getStatusCode());
    }

    /** Versions, and what the account keeps after a deletion. */
    @Override
    public OptionalInt copies(ObjectKey key) throws StorageException {
        if (destroyed.contains(key)) {
            return OptionalInt.of(0);
        }
        try {
            return OptionalInt.of(items(key).size());
        } catch (StorageDenied e) {
            return OptionalInt.empty();
        }
    }

    /** Rights to the object and to its versions are different ones: each is tried. */
    @Override
    public void destroy(ObjectKey key) throws StorageException {
        Optional<StorageDenied> refusal = Optional.empty();
        try {
            requests.send(
                    Operation.DELETE,
                    key.value(),
                    context -> container
                            .blob(key)
                            .deleteWithResponse(DeleteSnapshotsOptionType.INCLUDE, null, null, context)
                            .getStatusCode());
        } catch (ObjectMissing e) {
            // Its versions may be there.
        } catch (StorageDenied e) {
            refusal = Optional.of(e);
            overwriteIfAllowed(key);
        }
        List<BlobItem> copies;
        try {
            copies = items(key);
        } catch (StorageDenied e) {
            // Without the right to list, no version can be named.
            copies = List.of();
        }
        boolean removed = false;
        for (BlobItem item : copies) {
            String version = item.getVersionId();
            if (version != null && !Boolean.TRUE.equals(item.isCurrentVersion())) {
                requests.send(
                        Operation.DELETE,
                        key.value(),
                        context -> container
                                .client()
                                .getBlobVersionClient(key.value(), version)
                                .deleteWithResponse(null, null, null, context)
                                .getStatusCode());
                removed = true;
            }
        }
        if (refusal.isPresent() && !removed) {
            throw refusal.get();
        }
        if (refusal.isPresent()) {
            // The former bytes are gone, and what replaced them counts for nothing.
            destroyed.add(key);
        }
    }

    private void overwriteIfAllowed(ObjectKey key) throws StorageException {
        try {
            overwrite(key, new byte[1]);
        } catch (StorageDenied e) {
            // Then there are no former versions of it.
        }
    }

    private List<BlobItem> items(ObjectKey key) throws StorageException {
        ListBlobsOptions all = new ListBlobsOptions()
                .setPrefix(key.value())
                .setDetails(new BlobListDetails()
                        .setRetrieveVersions(true)
                        .setRetrieveSnapshots(true)
                        .setRetrieveDeletedBlobs(true));
        return requests.send(
                Operation.LIST,
                key.value(),
                context -> container.client().listBlobs(all, null).stream()
                        .filter(item -> item.getName().equals(key.value()))
                        .toList());
    }

    @Override
    public Optional<Lock> lock(ObjectKey key) {
        return config.settings()
                .lockFor()
                .map(period -> new Lock(true, "objects are locked for " + period.toHours() + " hours"));
    }

    @Override
    public Control control() {
        return switch (config.credential()) {
            case AccountKey _ ->
                new Control(
                        Optional.of(true),
                        "container",
                        "the key of an account can do everything in it: delete the container, and end soft deletion",
                        "Give this host a shared access signature of the container, or an identity with a role on it.");
            case SharedAccess signature -> ofSignature(signature);
            case Identity() ->
                new Control(
                        Optional.empty(),
                        "container",
                        "not tested: the service does not tell which roles this identity has on the account",
                        "az role assignment list --all --assignee IDENTITY should show no role that may write"
                                + " Microsoft.Storage/storageAccounts, such as Owner or Contributor, and not Storage"
                                + " Blob Data Owner.");
        };
    }

    /** The signature itself says what it is for: a container's can do nothing to the container. */
    private static Control ofSignature(SharedAccess signature) {
        if (signature.isOfAccount()) {
            return new Control(
                    Optional.of(true),
                    "container",
                    "the signature is one of the account, not of the container: it may delete containers",
                    "Give this host a signature of the container alone (sr=c).");
        }
        Optional<String> rights = signature.rights();
        if (rights.isEmpty()) {
            return new Control(
                    Optional.empty(),
                    "container",
                    "not tested: a stored access policy of the container has the rights of this signature",
                    "az storage container policy list shows them; y, i and x should not be among them.");
        }
        return rights.get().contains("y")
                ? new Control(
                        Optional.of(true),
                        "container",
                        "the signature has the right y: it removes deleted objects for good",
                        "Make a signature without it.")
                : new Control(
                        Optional.of(false),
                        "container",
                        "the signature is one of the container, which it cannot change or delete",
                        "");
    }
}
