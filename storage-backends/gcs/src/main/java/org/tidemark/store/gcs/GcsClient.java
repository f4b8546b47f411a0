// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.api.gax.retrying.BasicResultRetryAlgorithm;
import com.google.api.gax.retrying.ResultRetryAlgorithm;
import com.google.auth.Credentials;
import com.google.cloud.ServiceOptions;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.BlobWriteSessionConfigs;
import com.google.cloud.storage.HttpStorageOptions;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import com.google.cloud.storage.StorageRetryStrategy;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ServerClock;
import org.tidemark.store.StorageException;

/**
 * Google's client for its JSON API. Created on first use, because its credentials may need the network. Thread-safe.
 */
final class GcsClient {
    /** A store needs no project; without a value, the library would request one from the network. */
    private static final String NO_PROJECT = "none";

    private final GcsConfig config;
    private final GcsErrors errors;
    private final ServerClock clock = new ServerClock();
    private @Nullable Storage storage;

    GcsClient(GcsConfig config, GcsErrors errors) {
        this.config = config;
        this.errors = errors;
    }

    /** Without retries: the caller of the store repeats whole operations, within its own limits. */
    private static final class NoRetries implements StorageRetryStrategy {
        private static final long serialVersionUID = 1L;

        @Override
        public ResultRetryAlgorithm<?> getIdempotentHandler() {
            return new BasicResultRetryAlgorithm<>() {
                @Override
                public boolean shouldRetry(Throwable thrown, Object answer) {
                    return false;
                }
            };
        }

        @Override
        public ResultRetryAlgorithm<?> getNonidempotentHandler() {
            return getIdempotentHandler();
        }
    }

    /** Call this only inside a request, because it may wait for the network. */
    synchronized Storage storage() throws StorageException {
        Storage made = storage;
        if (made == null) {
            made = make();
            storage = made;
        }
        return made;
    }

    /** The server's clock, from the answers to this client. */
    ServerClock clock() {
        return clock;
    }

    private Storage make() throws StorageException {
        GcsTransport transport = new GcsTransport(config, clock);
        HttpStorageOptions.Builder builder = StorageOptions.http()
                .setCredentials(credentials(transport))
                .setProjectId(config.project().orElse(NO_PROJECT))
                .setRetrySettings(ServiceOptions.getNoRetrySettings())
                .setStorageRetryStrategy(new NoRetries())
                .setTransportOptions(HttpTransportOptions.newBuilder()
                        .setHttpTransportFactory(transport)
                        .setConnectTimeout(millis(config.limits().connect()))
                        .setReadTimeout(millis(config.limits().read()))
                        .build())
                .setBlobWriteSessionConfig(BlobWriteSessionConfigs.getDefault().withChunkSize(config.chunkBytes()));
        config.endpoint().ifPresent(endpoint -> builder.setHost(endpoint.toString()));
        return builder.build().getService();
    }

    private Credentials credentials(GcsTransport transport) throws StorageException {
        try {
            return config.credentials().forLibrary(transport);
        } catch (IOException e) {
            throw errors.noCredentials(e);
        }
    }

    private static int millis(Duration limit) {
        return Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
    }

    synchronized void close() throws Exception {
        if (storage != null) {
            storage.close();
        }
    }
}
