// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.HttpEndpoint;
import org.tidemark.store.HttpProxy;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.PastStore;
import org.tidemark.store.StoreOptions;

/**
 * A bucket, the connection to it, and the settings of its objects. Immutable.
 *
 * @param endpoint of the service; empty for Google's
 * @param project of the bucket, for commands in messages
 * @param userProject the project that pays for requests; empty for the bucket's owner
 * @param chunkBytes an object up to this size is one request; a larger one is sent in pieces of this size
 * @param asOf the moment as of which the bucket is read; empty to read and write it as it is
 * @param caFile certificates in PEM form to trust instead of those of the JDK
 * @param proxy an HTTP proxy, whose host name is not resolved yet
 */
record GcsConfig(
        GcsAddress address,
        Optional<URI> endpoint,
        GcsCredentials credentials,
        TimeLimits limits,
        GcsObjectSettings settings,
        int chunkBytes,
        Optional<String> project,
        Optional<String> userProject,
        Optional<Instant> asOf,
        Optional<Path> caFile,
        Optional<InetSocketAddress> proxy) {

    /** @throws IllegalArgumentException if the address, an option or a variable is not valid */
    static GcsConfig of(URI address, StoreOptions options) {
        Optional<URI> endpoint = options.text(GcsOptions.ENDPOINT)
                .map(text -> HttpEndpoint.parseServer(text).orElseThrow(GcsConfig::wrongEndpoint));
        GcsCredentials credentials = GcsCredentials.of(options);
        GcsObjectSettings settings = GcsObjectSettings.of(options);
        checkSecrecy(endpoint, credentials, settings);
        return new GcsConfig(
                GcsAddress.parse(address),
                endpoint,
                credentials,
                options.timeLimits(),
                settings,
                chunkBytes(options),
                options.text(GcsOptions.PROJECT),
                options.text(GcsOptions.USER_PROJECT),
                PastStore.moment(options),
                options.path(NetworkOptions.CA_FILE),
                HttpProxy.of(options));
    }

    /** The same, with a lock that is no longer than this. */
    GcsConfig lockedAtMost(Duration period) {
        GcsObjectSettings shorter = new GcsObjectSettings(
                settings.storageClass(),
                settings.kmsKey(),
                settings.customerKey(),
                settings.lockFor().map(_ -> period));
        return new GcsConfig(
                address, endpoint, credentials, limits, shorter, chunkBytes, project, userProject, asOf, caFile, proxy);
    }

    private static int chunkBytes(StoreOptions options) {
        long size = options.size(GcsOptions.CHUNK_SIZE);
        if (size % GcsOptions.CHUNK_UNIT != 0) {
            throw StoreOptions.wrong(
                    GcsOptions.CHUNK_SIZE,
                    options.text(GcsOptions.CHUNK_SIZE).orElse(""),
                    "a multiple of 256KiB, such as 8MiB");
        }
        return Math.toIntExact(size);
    }

    /** The message does not show the value, which may contain a password before the host. */
    private static IllegalArgumentException wrongEndpoint() {
        return new IllegalArgumentException("invalid value of '" + GcsOptions.ENDPOINT
                + "' (expected the service and nothing else, such as https://storage.googleapis.com or"
                + " http://127.0.0.1:4443)");
    }

    private static void checkSecrecy(Optional<URI> endpoint, GcsCredentials credentials, GcsObjectSettings settings) {
        if (credentials instanceof GcsCredentials.None && endpoint.isEmpty()) {
            throw new IllegalArgumentException("'" + GcsOptions.CREDENTIALS + "' is '" + GcsCredentials.KIND_NONE
                    + "', which is for emulators: set '" + GcsOptions.ENDPOINT + "' as well");
        }
        boolean sent = !(credentials instanceof GcsCredentials.None)
                || settings.customerKey().isPresent();
        if (sent) {
            endpoint.ifPresent(HttpEndpoint::requirePrivate);
        }
    }
}
