// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.Base64;
import java.util.Optional;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOptions;

/** By what the service knows who asks. Immutable; what is secret in it is printed as stars. */
sealed interface AzureCredential {
    String KEY_VARIABLE = "AZURE_STORAGE_KEY";
    String SAS_VARIABLE = "AZURE_STORAGE_SAS_TOKEN";

    /** A key of the storage account; it signs requests, and is never sent. */
    record AccountKey(Secret key) implements AzureCredential {}

    /** A shared access signature; it is sent with each request. */
    record SharedAccess(Secret token) implements AzureCredential {}

    /** Whatever the chain of the library finds: environment, workload identity, managed identity, a login. */
    record Identity() implements AzureCredential {}

    /**
     * What the options give; else the variables, with a connection string before a key before a signature; else the
     * identity of the machine or the user.
     */
    static AzureCredential of(StoreOptions options, Optional<ConnectionString> connection) {
        boolean keyGiven = isGiven(options, AzureOptions.ACCOUNT_KEY);
        if (keyGiven && isGiven(options, AzureOptions.SAS)) {
            throw new IllegalArgumentException("both '" + AzureOptions.ACCOUNT_KEY + "-…' and '" + AzureOptions.SAS
                    + "-…' are given (expected one of them, or none for the identity of this machine)");
        }
        if (keyGiven) {
            return accountKey(
                    options.secret(AzureOptions.ACCOUNT_KEY, KEY_VARIABLE).orElseThrow(),
                    "'" + AzureOptions.ACCOUNT_KEY + "'");
        }
        if (isGiven(options, AzureOptions.SAS)) {
            return sharedAccess(
                    options.secret(AzureOptions.SAS, SAS_VARIABLE).orElseThrow(), "'" + AzureOptions.SAS + "'");
        }
        if (connection.isPresent() && connection.get().credential().isPresent()) {
            return connection.get().credential().get();
        }
        Optional<String> key = options.variable(KEY_VARIABLE);
        if (key.isPresent()) {
            return accountKey(new Secret(key.get()), KEY_VARIABLE);
        }
        Optional<String> token = options.variable(SAS_VARIABLE);
        return token.isPresent() ? sharedAccess(new Secret(token.get()), SAS_VARIABLE) : new Identity();
    }

    private static boolean isGiven(StoreOptions options, String name) {
        return options.text(name + "-file").isPresent()
                || options.text(name + "-command").isPresent();
    }

    /**
     * A key that can be one.
     *
     * @param from where it is from, for the message
     */
    static AccountKey accountKey(Secret key, String from) {
        requireBase64(key, from, "a key of a storage account");
        return new AccountKey(key);
    }

    static SharedAccess sharedAccess(Secret token, String from) {
        String text = token.value().startsWith("?") ? token.value().substring(1) : token.value();
        if (!("&" + text).contains("&sig=") || text.contains("://")) {
            throw new IllegalArgumentException("what " + from + " gives is no shared access signature (expected its"
                    + " token alone, such as sv=…&sp=…&sig=…)");
        }
        return new SharedAccess(new Secret(text));
    }

    /** The bytes of a secret in base64; the message shows nothing of it. */
    static byte[] requireBase64(Secret secret, String from, String what) {
        try {
            byte[] bytes = Base64.getDecoder().decode(secret.value());
            if (bytes.length > 0) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // Its message would show a part of the secret.
        }
        throw new IllegalArgumentException("what " + from + " gives is not " + what + " (expected base64)");
    }
}
