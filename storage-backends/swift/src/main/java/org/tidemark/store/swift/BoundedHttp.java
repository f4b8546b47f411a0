// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.TrustedAuthorities;
import org.tidemark.store.swift.SwiftConfig.Network;

/**
 * The JDK's HTTP client with a time limit for every wait, which an interrupt ends. It follows no redirect, does not
 * repeat a request with a body, and uses HTTP/1.1, which all object stores and their proxies support. Thread-safe.
 */
final class BoundedHttp implements AutoCloseable {
    private final TimeLimits limits;
    private final HttpClient client;

    /** @throws IllegalArgumentException if the trusted certificates cannot be read */
    BoundedHttp(Network network) {
        this.limits = network.limits();
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(limits.connect())
                .proxy(network.proxy().map(ProxySelector::of).orElse(HttpClient.Builder.NO_PROXY));
        if (network.caFile().isPresent()) {
            builder.sslContext(TrustedAuthorities.context(network.caFile().get()));
        }
        this.client = builder.build();
    }

    /** Sends a request without a body, and waits for the headers of the answer. */
    SwiftAnswer send(HttpRequest request) throws IOException {
        requireNoInterrupt();
        Deadline deadline = deadline();
        return await(client.sendAsync(request, head -> new AnswerStream(limits.read())), deadline);
    }

    /** Sends a request with a body, and waits for the headers of the answer. */
    SwiftAnswer send(HttpRequest.Builder request, String method, SourceBody body) throws IOException {
        if (body.length() == 0) {
            return send(
                    request.method(method, HttpRequest.BodyPublishers.noBody()).build());
        }
        requireNoInterrupt();
        SwiftUpload upload = new SwiftUpload(body);
        Deadline deadline = deadline();
        CompletableFuture<HttpResponse<AnswerStream>> answer =
                client.sendAsync(request.method(method, upload).build(), head -> new AnswerStream(limits.read()));
        upload.send(answer, deadline);
        return await(answer, deadline);
    }

    private Deadline deadline() {
        // The first wait includes the time to open the connection.
        return Deadline.of(limits.connect().plus(limits.read()), limits.request());
    }

    private static SwiftAnswer await(CompletableFuture<HttpResponse<AnswerStream>> answer, Deadline deadline)
            throws IOException {
        try {
            HttpResponse<AnswerStream> response = answer.get(deadline.nextMillis(), TimeUnit.MILLISECONDS);
            return new SwiftAnswer(response.statusCode(), response.headers(), response.body());
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for an answer");
        } catch (TimeoutException e) {
            answer.cancel(true);
            HttpTimeoutException timeout = new HttpTimeoutException("no answer for " + deadline.describe());
            timeout.initCause(e);
            throw timeout;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        }
    }

    /** Checks before the request is sent, because a request may take effect even if no caller waits for its answer. */
    private static void requireNoInterrupt() throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted before a request was sent");
        }
    }

    @Override
    public void close() {
        // Not close(), which waits for answers that no caller reads.
        client.shutdownNow();
    }

    /** The time limits of one request: for each wait, and for the whole request. Immutable. */
    static final class Deadline {
        private final Duration each;
        private final Duration whole;
        private final long begin = System.nanoTime();

        private Deadline(Duration each, Duration whole) {
            this.each = each;
            this.whole = whole;
        }

        static Deadline of(Duration each, Duration whole) {
            return new Deadline(each, whole);
        }

        /** The limit of the next wait; 0 if the time has passed. */
        long nextMillis() {
            long left = whole.toMillis() - (System.nanoTime() - begin) / 1_000_000;
            return Math.clamp(left, 0, each.toMillis());
        }

        String describe() {
            return each.toSeconds() + " s, or the whole request took more than " + whole.toSeconds() + " s";
        }
    }
}
