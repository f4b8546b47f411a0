// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * What tests do in an account of a {@link SwiftServer} past any store: make containers, give rights, look. Thread-safe.
 *
 * @param url of the account, with a slash at its end
 */
public record SwiftAccount(String url, String token) {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * Sends a request.
     *
     * @param path of the container or object, and a query
     * @param headers names and values, one after the other
     */
    public HttpResponse<String> send(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(LIMIT)
                .header("X-Auth-Token", token)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    /** As {@link #send}, where only success is expected. */
    public HttpResponse<String> done(String method, String path, String body, String... headers) {
        HttpResponse<String> answer = send(method, path, body, headers);
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(method + " " + path + " was answered by " + answer.statusCode());
        }
        return answer;
    }

    static HttpResponse<String> send(HttpRequest request) {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .build()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + request.uri() + " was asked", e);
        }
    }
}
