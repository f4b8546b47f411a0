// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.credential.AzureSasCredential;
import com.azure.core.http.policy.HttpLogOptions;
import com.azure.core.util.Configuration;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.CustomerProvidedKey;
import com.azure.storage.blob.specialized.BlockBlobClient;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.azure.AzureCredential.AccountKey;
import org.tidemark.store.azure.AzureCredential.Identity;
import org.tidemark.store.azure.AzureCredential.SharedAccess;

/** The library's client of the container, which sends each request once. Thread-safe. */
final class AzureContainer implements AutoCloseable {
    /** The first version that lists from a key on; newer versions are not available everywhere. */
    private static final BlobServiceVersion VERSION = BlobServiceVersion.V2026_02_06;

    private final AzureTransport transport;
    private final BlobContainerClient client;

    /** Sends no request yet. */
    AzureContainer(AzureConfig config) {
        this.transport = AzureTransport.of(config);
        BlobContainerClientBuilder builder = new BlobContainerClientBuilder()
                .endpoint(config.endpoint().toString())
                .containerName(config.address().container())
                .serviceVersion(VERSION)
                .httpClient(transport.client())
                .httpLogOptions(new HttpLogOptions())
                .configuration(Configuration.NONE)
                .retryOptions(new RequestRetryOptions(RetryPolicyType.FIXED, 1, (Integer) null, null, null, null));
        switch (config.credential()) {
            case AccountKey(var key) ->
                builder.credential(
                        new StorageSharedKeyCredential(config.address().account(), key.value()));
            case SharedAccess(var token) -> builder.credential(new AzureSasCredential(token.value()));
            case Identity() -> builder.credential(IdentityChain.of(transport.client()));
        }
        config.encryptionScope().ifPresent(builder::encryptionScope);
        config.customerKey().ifPresent(key -> builder.customerProvidedKey(new CustomerProvidedKey(key.base64())));
        this.client = builder.buildClient();
    }

    BlobContainerClient client() {
        return client;
    }

    BlockBlobClient blob(ObjectKey key) {
        return client.getBlobClient(key.value()).getBlockBlobClient();
    }

    @Override
    public void close() {
        transport.close();
    }
}
