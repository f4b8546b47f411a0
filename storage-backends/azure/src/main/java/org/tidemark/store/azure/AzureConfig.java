// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.CustomerKey;
import org.tidemark.store.HttpEndpoint;
import org.tidemark.store.HttpProxy;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.azure.AzureCredential.AccountKey;

/**
 * A container, the connection to it, and the settings of its objects. Immutable.
 *
 * @param endpoint of the account's blob service
 * @param caFile certificates in PEM form to trust instead of those of the JDK
 * @param proxy an HTTP proxy, whose host name is not resolved yet
 * @param encryptionScope of the account, with which objects are encrypted
 * @param customerKey with which the service encrypts and forgets it: nothing can be read without it
 */
record AzureConfig(
        AzureAddress address,
        URI endpoint,
        AzureCredential credential,
        TimeLimits limits,
        AzureObjectSettings settings,
        Optional<Path> caFile,
        Optional<InetSocketAddress> proxy,
        Optional<String> encryptionScope,
        Optional<CustomerKey> customerKey) {
    static final String CUSTOMER_KEY_VARIABLE = "AZURE_STORAGE_CUSTOMER_KEY";

    /** @throws IllegalArgumentException if the address, an option or a variable is not valid */
    static AzureConfig of(URI address, StoreOptions options) {
        AzureAddress where = AzureAddress.parse(address);
        Optional<ConnectionString> connection = ConnectionString.of(options, where.account());
        URI endpoint = options.text(AzureOptions.ENDPOINT)
                .or(() -> connection.flatMap(ConnectionString::endpoint))
                .map(text -> endpoint(text, where.account()))
                .orElseGet(() -> URI.create("https://" + where.account() + ".blob.core.windows.net"));
        AzureCredential credential = AzureCredential.of(options, connection);
        Optional<CustomerKey> customerKey = CustomerKey.of(options, AzureOptions.CUSTOMER_KEY, CUSTOMER_KEY_VARIABLE);
        Optional<String> scope = options.text(AzureOptions.ENCRYPTION_SCOPE);
        checkSecrecy(endpoint, credential, customerKey);
        if (scope.isPresent() && customerKey.isPresent()) {
            throw new IllegalArgumentException("both '" + AzureOptions.ENCRYPTION_SCOPE + "' and '"
                    + AzureOptions.CUSTOMER_KEY + "-…' are given (expected one of them)");
        }
        return new AzureConfig(
                where,
                endpoint,
                credential,
                options.timeLimits(),
                AzureObjectSettings.of(options),
                options.path(NetworkOptions.CA_FILE),
                HttpProxy.of(options),
                scope,
                customerKey);
    }

    /** The same, with a lock that is no longer than this. */
    AzureConfig lockedAtMost(Duration period) {
        AzureObjectSettings shorter = new AzureObjectSettings(
                settings.storageClass(), settings.tags(), settings.lockFor().map(_ -> period));
        return new AzureConfig(
                address, endpoint, credential, limits, shorter, caFile, proxy, encryptionScope, customerKey);
    }

    /** The account is in the path for an emulator, and in the host name for the service. */
    private static URI endpoint(String text, String account) {
        return HttpEndpoint.parse(text)
                .filter(address ->
                        address.getRawPath().isEmpty() || address.getRawPath().equals("/" + account))
                .orElseThrow(AzureConfig::wrongEndpoint);
    }

    /** The message does not show the value, which may contain a signature. */
    private static IllegalArgumentException wrongEndpoint() {
        return new IllegalArgumentException("not a value of '" + AzureOptions.ENDPOINT
                + "' (expected the blob service of the account and nothing else, such as"
                + " https://account.blob.core.windows.net or http://127.0.0.1:10000/account)");
    }

    /** A key signs and stays here; what is sent along must not be seen on the way. */
    private static void checkSecrecy(URI endpoint, AzureCredential credential, Optional<CustomerKey> customerKey) {
        boolean sent = !(credential instanceof AccountKey) || customerKey.isPresent();
        if (sent) {
            HttpEndpoint.requirePrivate(endpoint);
        }
        if (endpoint.getScheme().equals("http") && credential instanceof AzureCredential.Identity) {
            throw new IllegalArgumentException("the endpoint '" + endpoint
                    + "' is not encrypted, and no identity is shown there: give '" + AzureOptions.ACCOUNT_KEY
                    + "-file' or '" + AzureOptions.SAS + "-file', or https");
        }
    }
}
