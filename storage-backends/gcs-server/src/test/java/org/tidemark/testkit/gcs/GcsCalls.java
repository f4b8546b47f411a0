// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.tidemark.core.JsonObject;

/** Calls of a server by the HTTP client of the JDK, with nothing of Google's in between. Thread-safe. */
final class GcsCalls implements AutoCloseable {
    static final String O = "/storage/v1/b/box/o";
    static final String UPLOAD = "/upload/storage/v1/b/box/o";

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final URI endpoint;

    GcsCalls(GcsServer server) {
        endpoint = server.endpoint();
    }

    /** What came back, with each byte of the body as one character. */
    record Answer(int status, HttpHeaders headers, String body) {
        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        JsonObject json() {
            return JsonObject.parse(new String(body.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
        }

        String text(String property) {
            return json().text(property);
        }

        /** The reason of the first error. */
        String reason() {
            return json().object("error")
                    .list("errors", error -> error.text("reason"))
                    .getFirst();
        }
    }

    Answer send(String method, String target, BodyPublisher body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoint.resolve(target))
                .method(method, body)
                .timeout(Duration.ofSeconds(60));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<String> response =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    Answer get(String target, String... headers) {
        return send("GET", target, BodyPublishers.noBody(), headers);
    }

    Answer delete(String target, String... headers) {
        return send("DELETE", target, BodyPublishers.noBody(), headers);
    }

    Answer post(String target, String json, String... headers) {
        return send("POST", target, BodyPublishers.ofString(json), headers);
    }

    /** Uploads an object in one request, if there is none. */
    Answer put(String name, String data, String... headers) {
        return multipart("{\"name\":\"" + name + "\"}", data, "", headers);
    }

    /** Uploads an object in one request, with metadata, if there is none. */
    Answer multipart(String json, String data, String more, String... headers) {
        String body = "--frontier\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + json
                + "\r\n--frontier\r\nContent-Type: text/plain\r\n\r\n" + data + "\r\n--frontier--";
        String[] all = Stream.concat(
                        Stream.of("Content-Type", "multipart/related; boundary=frontier"), Arrays.stream(headers))
                .toArray(String[]::new);
        return post(UPLOAD + "?uploadType=multipart&ifGenerationMatch=0" + more, body, all);
    }

    /** Begins a resumable upload. @return the path of its session */
    String begin(String name, String json, String... headers) {
        return beginAt(UPLOAD + "?uploadType=resumable&ifGenerationMatch=0&name=" + encoded(name), json, headers);
    }

    /** The same with other parameters. */
    String beginAt(String target, String json, String... headers) {
        Answer begun = post(target, json, headers);
        return begun.header("Location").substring(endpoint.toString().length());
    }

    /** Sends a part of a resumable upload. */
    Answer put(String session, byte[] data, String contentRange, String... headers) {
        String[] all = Stream.concat(Stream.of("Content-Range", contentRange), Arrays.stream(headers))
                .toArray(String[]::new);
        return send("PUT", session, BodyPublishers.ofByteArray(data), all);
    }

    static String object(String name) {
        return O + "/" + encoded(name);
    }

    static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        http.close();
    }
}
