// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.credential.TokenCredential;
import com.azure.core.http.HttpClient;
import com.azure.identity.DefaultAzureCredentialBuilder;

/**
 * Who this process is by its surroundings, in the library's own order: the variables {@code AZURE_TENANT_ID},
 * {@code AZURE_CLIENT_ID} and what belongs to them, workload identity, managed identity, the login of a tool. In a
 * class of its own, since what it needs is slow to load.
 */
final class IdentityChain {
    private IdentityChain() {}

    static TokenCredential of(HttpClient client) {
        return new DefaultAzureCredentialBuilder().httpClient(client).build();
    }
}
