// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.auth.Credentials;
import com.google.auth.http.HttpTransportFactory;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import com.google.cloud.NoCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOptions;

/** The credentials of requests. Immutable; secrets are printed as stars. */
sealed interface GcsCredentials {
    String KIND_NONE = "none";

    /** The credentials for the library; may use the network. */
    Credentials forLibrary(HttpTransportFactory transports) throws IOException;

    /** The key of a service account, in Google's JSON format. */
    record ServiceAccount(ServiceAccountCredentials account) implements GcsCredentials {
        @Override
        public Credentials forLibrary(HttpTransportFactory transports) {
            // No retries here: the caller of the store repeats operations, within its own limits.
            return account.toBuilder()
                    .setHttpTransportFactory(transports)
                    .setDefaultRetriesEnabled(false)
                    .build();
        }

        @Override
        public String toString() {
            return "ServiceAccount[" + account.getClientEmail() + "]";
        }
    }

    /** The library's default: GOOGLE_APPLICATION_CREDENTIALS, the login of a user, the identity of the machine. */
    record ApplicationDefault() implements GcsCredentials {
        @Override
        public Credentials forLibrary(HttpTransportFactory transports) throws IOException {
            return GoogleCredentials.getApplicationDefault(transports);
        }
    }

    /** No credentials, for emulators. */
    record None() implements GcsCredentials {
        @Override
        public Credentials forLibrary(HttpTransportFactory transports) {
            return NoCredentials.getInstance();
        }
    }

    /**
     * Reads the credentials from the options, and otherwise uses the library's default.
     *
     * @throws IllegalArgumentException if an option is not valid; the message contains no secret
     */
    static GcsCredentials of(StoreOptions options) {
        boolean none = options.choice(GcsOptions.CREDENTIALS).equals(KIND_NONE);
        Optional<String> given = Optional.<String>empty()
                .or(() -> options.text(GcsOptions.CREDENTIALS + "-file").map(file -> GcsOptions.CREDENTIALS + "-file"))
                .or(() -> options.text(GcsOptions.CREDENTIALS + "-command")
                        .map(command -> GcsOptions.CREDENTIALS + "-command"));
        if (none && given.isPresent()) {
            throw new IllegalArgumentException("'" + GcsOptions.CREDENTIALS + "' is '" + KIND_NONE + "', but '"
                    + given.get() + "' is given (expected one of them)");
        }
        if (none) {
            return new None();
        }
        return given.isPresent()
                ? serviceAccount(
                        options.secretText(GcsOptions.CREDENTIALS.name()).orElseThrow(), given.get())
                : new ApplicationDefault();
    }

    private static GcsCredentials serviceAccount(Secret json, String option) {
        try {
            return new ServiceAccount(ServiceAccountCredentials.fromStream(
                    new ByteArrayInputStream(json.value().getBytes(StandardCharsets.UTF_8))));
        } catch (IOException | RuntimeException e) {
            // Without the cause, whose message can show a part of the key.
            throw new IllegalArgumentException("what '" + option + "' gives is not the key of a service account"
                    + " (expected Google's JSON with type, client_email and private_key)");
        }
    }
}
