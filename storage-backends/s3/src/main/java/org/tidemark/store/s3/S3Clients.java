// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.TrustedAuthorities;
import org.tidemark.store.s3.S3Config.Checksums;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.ProxyConfiguration;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * The clients of the SDK, one for each kind of checksum, and the kind that this store uses: configured, or detected by
 * the first upload. Created on first use. Thread-safe.
 */
final class S3Clients implements AutoCloseable {
    private final S3Config config;
    private volatile Optional<Checksums> found;
    private final Map<Checksums, S3Client> clients = new EnumMap<>(Checksums.class);
    private final List<SdkAutoCloseable> made = new ArrayList<>();
    private @Nullable SdkHttpClient http;

    S3Clients(S3Config config) {
        this.config = config;
        this.found = config.checksums();
    }

    /** The current kind of checksum of uploads. */
    Checksums checksums() {
        return found.orElse(Checksums.TRAILER);
    }

    /** Whether the kind is neither configured nor detected. */
    boolean isOpen() {
        return found.isEmpty();
    }

    void found(Checksums way) {
        found = Optional.of(way);
    }

    /** The client for requests without the bytes of objects. */
    S3Client any() {
        return of(checksums());
    }

    synchronized S3Client of(Checksums way) {
        return clients.computeIfAbsent(way, this::make);
    }

    private S3Client make(Checksums way) {
        boolean trailer = way == Checksums.TRAILER;
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(http())
                .region(Region.of(config.endpoint().region()))
                .credentialsProvider(config.credentials().provider())
                .forcePathStyle(config.endpoint().pathStyle())
                .requestChecksumCalculation(
                        trailer ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(
                        trailer ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(S3Configuration.builder()
                        .chunkedEncodingEnabled(trailer)
                        .build())
                // The caller of the store repeats whole operations, within its own limits.
                .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()));
        config.endpoint().address().ifPresent(builder::endpointOverride);
        if (!trailer) {
            builder.addPlugin(LegacyMd5Plugin.create());
        }
        S3Client client = builder.build();
        made.add(client);
        return client;
    }

    /** The HTTP client of all clients. */
    private SdkHttpClient http() {
        SdkHttpClient known = http;
        if (known != null) {
            return known;
        }
        ProxyConfiguration proxy = proxy();
        SdkHttpClient client = config.endpoint().isEncrypted() || proxy.host() != null
                ? withTls(proxy)
                : UrlConnectionHttpClient.create(this::connection);
        made.add(client);
        http = client;
        return client;
    }

    /** The proxy of the configuration, or of the environment; without a host if there is none. */
    private ProxyConfiguration proxy() {
        ProxyConfiguration.Builder builder = ProxyConfiguration.builder();
        config.endpoint().proxy().ifPresent(builder::endpoint);
        return builder.build();
    }

    /** The client makes the context of TLS at once, and reads every authority that the JDK trusts for it. */
    private SdkHttpClient withTls(ProxyConfiguration proxy) {
        UrlConnectionHttpClient.Builder builder = UrlConnectionHttpClient.builder()
                .connectionTimeout(config.limits().connect())
                .socketTimeout(config.limits().read())
                .proxyConfiguration(proxy);
        config.endpoint()
                .caFile()
                .ifPresent(file -> builder.tlsTrustManagersProvider(() -> TrustedAuthorities.managers(file)));
        return builder.build();
    }

    /** Without TLS and without a proxy: then no start of a WAL command needs the context of TLS. */
    private HttpURLConnection connection(URI uri) {
        try {
            HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setConnectTimeout(millis(config.limits().connect()));
            connection.setReadTimeout(millis(config.limits().read()));
            return connection;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** At least 1, since 0 is no limit. */
    private static int millis(Duration limit) {
        return Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
    }

    /** Closes the clients before their HTTP client. */
    @Override
    public synchronized void close() {
        for (SdkAutoCloseable client : made.reversed()) {
            client.close();
        }
        made.clear();
    }
}
