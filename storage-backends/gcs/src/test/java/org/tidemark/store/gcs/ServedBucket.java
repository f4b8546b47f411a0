// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.SharedServer;
import org.tidemark.testkit.gcs.GcsServer;

/** Buckets on a server that runs as long as the JVM does. */
final class ServedBucket {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final SharedServer<GcsServer> SERVER = new SharedServer<>(GcsServer::start);

    private ServedBucket() {}

    static GcsServer server() {
        return SERVER.get();
    }

    /** The name of a new one. */
    static String newBucket() {
        String name = "bucket-" + NUMBER.incrementAndGet();
        server().withBucket(name);
        return name;
    }

    static Map<String, String> options(int port, Map<String, String> more) {
        Map<String, String> options =
                new HashMap<>(Map.of("endpoint", "http://127.0.0.1:" + port, "credentials", "none"));
        options.putAll(more);
        return options;
    }

    static ObjectStore open(String bucket, Map<String, String> more) {
        return new GcsStoreProvider().open(URI.create("gs://" + bucket), options(server().port(), more));
    }

    static GcsConfig config(String bucket, int port, Map<String, String> more) {
        return GcsConfig.of(
                URI.create("gs://" + bucket), new StoreOptions(options(port, more), name -> Optional.empty()));
    }

    static GcsConfig withLimits(GcsConfig config, TimeLimits limits) {
        return new GcsConfig(
                config.address(),
                config.endpoint(),
                config.credentials(),
                limits,
                config.settings(),
                config.chunkBytes(),
                config.project(),
                config.userProject(),
                config.asOf(),
                config.caFile(),
                config.proxy());
    }
}
