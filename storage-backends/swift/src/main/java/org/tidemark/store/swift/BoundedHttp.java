// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.store.TimeLimits;
import org.tidemark.store.TrustedAuthorities;

/**
 * The JDK's HTTP client, with a bound on every wait, and interrupts that end it. It follows no redirect, tries nothing
 * again by itself that has a body, and speaks HTTP/1.1: what an object store and the proxies before it all know.
 * Thread-safe.
 */
final class BoundedHttp implements AutoCloseable {
    private final TimeLimits limits;
    private final HttpClient client;

    /** @throws IllegalArgumentException if the certificates to trust cannot be read */
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

    /** Sends what has no body, and waits for the answer's head. */
    Answer send(HttpRequest request) throws IOException {
        requireNoInterrupt();
        Deadline deadline = deadline();
        return await(client.sendAsync(request, head -> new AnswerStream(limits.read())), deadline);
    }

    /** Sends a body, and waits for the answer's head. */
    Answer send(HttpRequest.Builder request, String method, SourceBody body) throws IOException {
        if (body.length() == 0) {
            return send(
                    request.method(method, HttpRequest.BodyPublishers.noBody()).build());
        }
        requireNoInterrupt();
        Upload upload = new Upload(body);
        Deadline deadline = deadline();
        CompletableFuture<HttpResponse<AnswerStream>> answer =
                client.sendAsync(request.method(method, upload).build(), head -> new AnswerStream(limits.read()));
        upload.send(answer, deadline);
        return await(answer, deadline);
    }

    private Deadline deadline() {
        // Until the first byte moves, the connection must be made as well.
        return Deadline.of(limits.connect().plus(limits.read()), limits.request());
    }

    private static Answer await(CompletableFuture<HttpResponse<AnswerStream>> answer, Deadline deadline)
            throws IOException {
        try {
            HttpResponse<AnswerStream> response = answer.get(deadline.nextMillis(), TimeUnit.MILLISECONDS);
            return new Answer(response.statusCode(), response.headers(), response.body());
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

    /** Before anything is sent: what was sent may take effect though nobody waits for it. */
    private static void requireNoInterrupt() throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted before a request was sent");
        }
    }

    @Override
    public void close() {
        // Not close(): that waits for answers which nobody reads.
        client.shutdownNow();
    }
}
