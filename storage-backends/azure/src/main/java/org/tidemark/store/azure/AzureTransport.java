// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.util.Configuration;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.TrustedAuthorities;

/** The connections of one store, through the JDK's HTTP client, with time limits. Thread-safe. */
final class AzureTransport implements AutoCloseable {
    private final com.azure.core.http.HttpClient client;
    private final HttpClient connections;

    private AzureTransport(com.azure.core.http.HttpClient client, HttpClient connections) {
        this.client = client;
        this.connections = connections;
    }

    /** Opens no connection yet. */
    static AzureTransport of(AzureConfig config) {
        HttpClient.Builder builder = HttpClient.newBuilder();
        config.caFile().ifPresent(file -> builder.sslContext(TrustedAuthorities.context(file)));
        // By default, the builder uses the proxy of the JVM's properties.
        builder.proxy(config.proxy().map(ProxySelector::of).orElse(HttpClient.Builder.NO_PROXY));
        AtomicReference<HttpClient> built = new AtomicReference<>();
        TimeLimits limits = config.limits();
        com.azure.core.http.HttpClient client = new JdkHttpClientBuilder(remembering(builder, built))
                .configuration(Configuration.NONE)
                .connectionTimeout(limits.connect())
                .responseTimeout(limits.connect().plus(limits.read()))
                .readTimeout(limits.read())
                // AzureRequests watches the sent bytes.
                .writeTimeout(Duration.ZERO)
                .build();
        return new AzureTransport(client, Objects.requireNonNull(built.get(), "built with the client"));
    }

    /** The library does not give access to its client, whose connections must be closed. */
    @SuppressWarnings("ReferenceEquality") // A builder is only equal to itself.
    private static HttpClient.Builder remembering(HttpClient.Builder builder, AtomicReference<HttpClient> built) {
        return (HttpClient.Builder) Proxy.newProxyInstance(
                AzureTransport.class.getClassLoader(),
                new Class<?>[] {HttpClient.Builder.class},
                (self, method, args) -> {
                    try {
                        Object result = method.invoke(builder, args);
                        if (result instanceof HttpClient client) {
                            built.set(client);
                        }
                        return result == builder ? self : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    com.azure.core.http.HttpClient client() {
        return client;
    }

    @Override
    public void close() {
        connections.shutdownNow();
    }
}
