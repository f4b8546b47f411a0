// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.credential.TokenCredential;
import com.azure.core.http.HttpClient;
import com.azure.identity.DefaultAzureCredentialBuilder;

/**
 * The identity of this process from its environment, in the library's order: the variables {@code AZURE_TENANT_ID},
 * {@code AZURE_CLIENT_ID} and their secret, workload identity, managed identity, the login of a tool. This is a
 * separate class because its dependencies are slow to load.
 */
final class IdentityChain {
    private IdentityChain() {}

    static TokenCredential of(HttpClient client) {
        return new DefaultAzureCredentialBuilder().httpClient(client).build();
    }
}
