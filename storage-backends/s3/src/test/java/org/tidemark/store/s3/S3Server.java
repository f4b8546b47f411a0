// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.RetryingStore;
import org.tidemark.store.StoreOptions;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A server that speaks S3, and what is needed to reach it. Thread-safe.
 *
 * @param port of the loopback interface, without encryption
 * @param tlsPort with encryption; 0 for none
 * @param keyId the only key that may do anything, where the server looks at keys at all
 */
record S3Server(int port, int tlsPort, String keyId, Path secretFile, String secret) {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** A file that holds a secret and goes with this JVM. */
    static Path secretFile(String secret) {
        try {
            Path file = Files.createTempFile("tidemark-secret", ".txt");
            file.toFile().deleteOnExit();
            return Files.writeString(file, secret + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<String, String> options(int atPort) {
        return Map.of(
                "endpoint",
                "http://127.0.0.1:" + atPort,
                "access-key-id",
                keyId,
                "secret-access-key-file",
                secretFile.toString());
    }

    S3Config config(String bucket, Map<String, String> more) {
        Map<String, String> options = new HashMap<>(options(port));
        options.putAll(more);
        return S3Config.parse(new S3Address(bucket, ""), new StoreOptions(options, name -> Optional.empty()));
    }

    S3ObjectStore store(String bucket, Map<String, String> more) {
        return new S3ObjectStore(config(bucket, more));
    }

    S3ObjectStore storeAt(int atPort, String bucket, TimeLimits limits, Map<String, String> more) {
        Map<String, String> options = new HashMap<>(more);
        options.put("endpoint", "http://127.0.0.1:" + atPort);
        S3Config config = config(bucket, options);
        return new S3ObjectStore(new S3Config(
                config.bucket(),
                config.prefix(),
                config.endpoint(),
                config.credentials(),
                config.objects(),
                config.checksums(),
                config.asOf(),
                limits));
    }

    /**
     * S3Proxy closes a connection now and then that is kept, or answers before it has read a request whole and closes
     * then: bare, the store says "unavailable", and is asked again.
     */
    static ObjectStore retrying(ObjectStore store) {
        RetryLimits limits = new RetryLimits(6, Duration.ofSeconds(30), Duration.ofMillis(10), Duration.ofMillis(100));
        return new RetryingStore(store, limits, ElapsedTime.SYSTEM, new Random());
    }

    /** The SDK's client, for what a store does not do. The caller closes it. */
    S3Clients clients() {
        return new S3Clients(config("any-bucket", Map.of()));
    }

    String newBucket() {
        String bucket = "bucket-" + BUCKETS.incrementAndGet();
        try (S3Clients clients = clients()) {
            S3Client client = clients.any();
            client.createBucket(request -> request.bucket(bucket));
        }
        return bucket;
    }
}
