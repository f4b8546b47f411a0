// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.HttpEndpoint;
import org.tidemark.store.HttpProxy;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.TimeLimits;
import org.tidemark.store.TrustedAuthorities;

/**
 * A bucket, how to reach it, and how to store objects in it. Immutable.
 *
 * @param endpoint of the service, where it is not Google's own
 * @param project of the bucket, for what {@code init} says
 * @param userProject who pays, where the bucket's owner does not
 * @param chunkBytes an object up to this size is one request; a larger one is sent in pieces of this size
 * @param caFile certificates of the authorities that are trusted in the place of the JDK's, in PEM
 * @param proxy an HTTP proxy, not looked up yet
 */
record GcsConfig(
        GcsAddress address,
        Optional<URI> endpoint,
        GcsCredentials credentials,
        TimeLimits limits,
        ObjectSettings settings,
        int chunkBytes,
        Optional<String> project,
        Optional<String> userProject,
        Optional<Path> caFile,
        Optional<InetSocketAddress> proxy) {
    static final String ENDPOINT_OPTION = "endpoint";
    static final String PROJECT_OPTION = "project";
    static final String USER_PROJECT_OPTION = "user-project";
    static final String CHUNK_SIZE_OPTION = "chunk-size";

    private static final int KIB = 1024;

    /** Google takes multiples of this. */
    private static final int CHUNK_UNIT = 256 * KIB;

    private static final int MOST_CHUNK = 64 * KIB * KIB;
    private static final int USUAL_CHUNK = 8 * KIB * KIB;

    /** Every option of the store. */
    static List<String> options() {
        List<String> options = new ArrayList<>(List.of(
                GcsCredentials.OPTION,
                GcsCredentials.OPTION + "-file",
                GcsCredentials.OPTION + "-command",
                ENDPOINT_OPTION,
                PROJECT_OPTION,
                USER_PROJECT_OPTION,
                CHUNK_SIZE_OPTION,
                TrustedAuthorities.OPTION,
                HttpProxy.OPTION));
        options.addAll(ObjectSettings.OPTIONS);
        options.addAll(TimeLimits.OPTIONS);
        return List.copyOf(options);
    }

    /** @throws IllegalArgumentException if the address, an option or a variable is not valid */
    static GcsConfig of(URI address, StoreOptions options) {
        Optional<URI> endpoint = options.text(ENDPOINT_OPTION)
                .map(text -> HttpEndpoint.parseServer(text).orElseThrow(GcsConfig::wrongEndpoint));
        GcsCredentials credentials = GcsCredentials.of(options);
        ObjectSettings settings = ObjectSettings.of(options);
        checkSecrecy(endpoint, credentials, settings);
        return new GcsConfig(
                GcsAddress.parse(address),
                endpoint,
                credentials,
                TimeLimits.of(options),
                settings,
                chunkBytes(options),
                options.text(PROJECT_OPTION),
                options.text(USER_PROJECT_OPTION),
                options.path(TrustedAuthorities.OPTION),
                HttpProxy.of(options));
    }

    private static int chunkBytes(StoreOptions options) {
        long size = options.size(CHUNK_SIZE_OPTION, CHUNK_UNIT, MOST_CHUNK, USUAL_CHUNK);
        if (size % CHUNK_UNIT != 0) {
            throw StoreOptions.wrong(
                    CHUNK_SIZE_OPTION,
                    options.text(CHUNK_SIZE_OPTION).orElse(""),
                    "a multiple of 256KiB, such as 8MiB");
        }
        return Math.toIntExact(size);
    }

    /** Its text is not shown: there are those who write a password before the host. */
    private static IllegalArgumentException wrongEndpoint() {
        return new IllegalArgumentException("invalid value of '" + ENDPOINT_OPTION
                + "' (expected the service and nothing else, such as https://storage.googleapis.com or"
                + " http://127.0.0.1:4443)");
    }

    private static void checkSecrecy(Optional<URI> endpoint, GcsCredentials credentials, ObjectSettings settings) {
        if (credentials instanceof GcsCredentials.None && endpoint.isEmpty()) {
            throw new IllegalArgumentException("'" + GcsCredentials.OPTION + "' is '" + GcsCredentials.KIND_NONE
                    + "', which is for emulators: give '" + ENDPOINT_OPTION + "' as well");
        }
        boolean sent = !(credentials instanceof GcsCredentials.None)
                || settings.customerKey().isPresent();
        boolean seen = endpoint.filter(HttpEndpoint::isReadableByOthers).isPresent();
        if (sent && seen) {
            throw new IllegalArgumentException("the endpoint '" + endpoint.get()
                    + "' is not encrypted, and would let others see what proves who asks (expected https)");
        }
    }
}
