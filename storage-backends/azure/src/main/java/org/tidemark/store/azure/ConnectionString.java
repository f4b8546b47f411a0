// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOptions;

/**
 * The settings of {@code AZURE_STORAGE_CONNECTION_STRING} for the account of an address. Immutable.
 *
 * @param endpoint of the blob service; empty if the variable has none
 * @param credential empty if the variable has none
 */
record ConnectionString(Optional<String> endpoint, Optional<AzureCredential> credential) {
    static final String VARIABLE = "AZURE_STORAGE_CONNECTION_STRING";

    /** @throws IllegalArgumentException if the variable is for another account, so its key would be useless */
    static Optional<ConnectionString> of(StoreOptions options, String account) {
        return options.variable(VARIABLE).map(text -> parse(text, account));
    }

    private static ConnectionString parse(String text, String account) {
        Map<String, String> values = new HashMap<>();
        for (String part : text.split(";", -1)) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                values.put(
                        part.substring(0, equals).strip(),
                        part.substring(equals + 1).strip());
            } else if (!part.isBlank()) {
                throw new IllegalArgumentException(
                        VARIABLE + " has an invalid part (expected AccountName=…;AccountKey=…)");
            }
        }
        String named = values.getOrDefault("AccountName", account);
        if (!named.equals(account)) {
            throw new IllegalArgumentException(VARIABLE + " is for the account '" + named
                    + "', and the address has the account '" + account + "' (expected the same)");
        }
        return new ConnectionString(endpoint(values, account), credential(values));
    }

    private static Optional<String> endpoint(Map<String, String> values, String account) {
        if (values.containsKey("BlobEndpoint")) {
            return Optional.of(values.get("BlobEndpoint"));
        }
        return Optional.ofNullable(values.get("EndpointSuffix"))
                .map(suffix ->
                        values.getOrDefault("DefaultEndpointsProtocol", "https") + "://" + account + ".blob." + suffix);
    }

    private static Optional<AzureCredential> credential(Map<String, String> values) {
        if (values.containsKey("AccountKey")) {
            return Optional.of(AzureCredential.accountKey(new Secret(values.get("AccountKey")), VARIABLE));
        }
        return Optional.ofNullable(values.get("SharedAccessSignature"))
                .map(token -> AzureCredential.sharedAccess(new Secret(token), VARIABLE));
    }
}
