// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.storage.blob.models.BlobStorageException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/** Creates the container if it does not exist, and checks that the account supports a store. */
final class ContainerCreation {
    private final AzureContainer container;
    private final AzureErrors errors;
    private final AzureRequests requests;
    private final AzureAddress address;

    ContainerCreation(AzureContainer container, AzureConfig config) {
        this.container = container;
        this.address = config.address();
        this.errors = new AzureErrors(config);
        this.requests = new AzureRequests(config.limits(), errors);
    }

    void run() throws StorageException {
        refuseDirectories();
        if (!isThere()) {
            try {
                requests.send(
                        Operation.CREATE_CONTAINER,
                        "",
                        context -> container
                                .client()
                                .createIfNotExistsWithResponse(null, null, context)
                                .getStatusCode());
            } catch (StorageDenied e) {
                throw errors.denied(
                        Operation.CREATE_CONTAINER,
                        "",
                        "these credentials have no permission to create it; run: az storage container create --account-name "
                                + address.account() + " --name " + address.container());
            }
        }
    }

    /** Credentials without the permission to list were made for an existing container. */
    private boolean isThere() throws StorageException {
        return requests.send(Operation.CREATE_CONTAINER, "", context -> {
            try {
                container.client().listBlobs().iterableByPage(1).iterator().next();
                return true;
            } catch (BlobStorageException e) {
                if (AzureErrors.lacksContainer(e)) {
                    return false;
                }
                if (AzureErrors.lacksRight(e)) {
                    return true;
                }
                throw e;
            }
        });
    }

    /** With a hierarchical namespace, listings contain directories and are not in byte order. */
    private void refuseDirectories() throws StorageException {
        boolean directories;
        try {
            directories = requests.send(
                    Operation.CREATE_CONTAINER,
                    "",
                    context -> container
                            .client()
                            .getAccountInfoWithResponse(null, context)
                            .getValue()
                            .isHierarchicalNamespaceEnabled());
        } catch (StorageDenied e) {
            // Without the permission, the kind of the account stays unknown.
            return;
        }
        if (directories) {
            throw errors.denied(
                    Operation.CREATE_CONTAINER,
                    "",
                    "the account has a hierarchical namespace and lists directories: use an account without one");
        }
    }
}
