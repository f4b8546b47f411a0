// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Finding;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOptions;

/** The credentials of requests. Immutable; secrets are printed as stars. */
sealed interface AzureCredential {
    String KEY_VARIABLE = "AZURE_STORAGE_KEY";
    String SAS_VARIABLE = "AZURE_STORAGE_SAS_TOKEN";

    /** A key of the storage account, which signs requests and is never sent. */
    record AccountKey(Secret key) implements AzureCredential {}

    /** A shared access signature, which is sent with each request. */
    record SharedAccess(Secret token) implements AzureCredential {
        private static final Duration SOON = Duration.ofDays(14);

        /** Whether the signature is one of the account, and not of a container. */
        boolean isOfAccount() {
            return parameter("srt").isPresent();
        }

        /** The end of the signature; empty if a policy of the container has it. */
        Optional<Instant> end() {
            try {
                return parameter("se")
                        .map(text -> text.contains("T")
                                ? OffsetDateTime.parse(text).toInstant()
                                : LocalDate.parse(text)
                                        .atStartOfDay(ZoneOffset.UTC)
                                        .toInstant());
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }

        /** The letters of its rights; empty if a policy of the container has them. */
        Optional<String> rights() {
            return parameter("sp");
        }

        private Optional<String> parameter(String name) {
            return Stream.of(token.value().split("&"))
                    .filter(each -> each.startsWith(name + "="))
                    .map(each -> URLDecoder.decode(each.substring(name.length() + 1), StandardCharsets.UTF_8))
                    .findFirst();
        }

        /** A warning from two weeks before the end of the signature on: nothing can be stored after it. */
        List<Finding> remarks(Instant now) {
            return end()
                    .filter(end -> end.isBefore(now.plus(SOON)))
                    .map(end -> Finding.warning(
                            "signature",
                            "the shared access signature ends at " + end.truncatedTo(ChronoUnit.SECONDS),
                            "Make a new one (az storage container generate-sas), and put it where '" + AzureOptions.SAS
                                    + "-…' or " + SAS_VARIABLE + " has the old one."))
                    .stream()
                    .toList();
        }
    }

    /** An identity from the chain of the library: environment, workload identity, managed identity, a login. */
    record Identity() implements AzureCredential {}

    /**
     * Reads the credentials from the options, otherwise from the variables (a connection string, a key, a signature, in
     * this order), and otherwise uses the identity of the machine or the user.
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
     * Checks the form of a key.
     *
     * @param from the source of the key, for the message
     */
    static AccountKey accountKey(Secret key, String from) {
        requireBase64(key, from, "a key of a storage account");
        return new AccountKey(key);
    }

    static SharedAccess sharedAccess(Secret token, String from) {
        String text = token.value().startsWith("?") ? token.value().substring(1) : token.value();
        if (!("&" + text).contains("&sig=") || text.contains("://")) {
            throw new IllegalArgumentException(
                    "what " + from + " gives is not a shared access signature (expected only its"
                            + " token, such as sv=…&sp=…&sig=…)");
        }
        return new SharedAccess(new Secret(text));
    }

    /** The bytes of a secret in base64; the message does not show the secret. */
    static byte[] requireBase64(Secret secret, String from, String what) {
        try {
            byte[] bytes = Base64.getDecoder().decode(secret.value());
            if (bytes.length > 0) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // The message of this exception would show a part of the secret.
        }
        throw new IllegalArgumentException("what " + from + " gives is not " + what + " (expected base64)");
    }
}
