// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import java.net.URI;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.AzuriteServer;

/** Stores that are opened with a shared access signature of a container, and may do no more than it says. */
final class Sas {
    private Sas() {}

    static String token(URI address, String rights, Duration validFor) {
        return token(Azurite.server(), address, rights, validFor);
    }

    /**
     * A signature of a container.
     *
     * @param rights as the service writes them, such as {@code rl}
     */
    static String token(AzuriteServer server, URI address, String rights, Duration validFor) {
        AzureConfig owner = Azurite.config(server, address, Map.of());
        try (AzureContainer container = new AzureContainer(owner)) {
            return container
                    .client()
                    .generateSas(new BlobServiceSasSignatureValues(
                            OffsetDateTime.now(ZoneOffset.UTC).plus(validFor),
                            BlobContainerSasPermission.parse(rights)));
        }
    }

    static ObjectStore store(URI address, String rights, Map<String, String> options) {
        return store(address, options, token(address, rights, Duration.ofHours(1)));
    }

    static ObjectStore store(URI address, Map<String, String> options, String token) {
        return new AzureObjectStore(Azurite.config(
                Azurite.server().endpoint(), address, options, Map.of(AzureCredential.SAS_VARIABLE, token)));
    }
}
