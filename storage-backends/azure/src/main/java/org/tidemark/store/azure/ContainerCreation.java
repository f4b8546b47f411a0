// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.storage.blob.models.BlobStorageException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/** Makes the container where there is none, and looks whether the account is of a kind that can hold a store. */
final class ContainerCreation {
    private final Container container;
    private final AzureErrors errors;
    private final Requests requests;
    private final AzureAddress address;

    ContainerCreation(Container container, AzureConfig config) {
        this.container = container;
        this.address = config.address();
        this.errors = new AzureErrors(config);
        this.requests = new Requests(config.limits(), errors);
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
                        "these credentials have no right to create it; run: az storage container create --account-name "
                                + address.account() + " --name " + address.container());
            }
        }
    }

    /** Credentials that may not tell are those of a container that somebody has made. */
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

    /** With a hierarchical namespace listings show directories, in another order than that of bytes. */
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
            // What these credentials may not ask stays unknown.
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
