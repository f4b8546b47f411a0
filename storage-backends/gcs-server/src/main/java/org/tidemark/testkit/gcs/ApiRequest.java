// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** One call, alone or as a part of a batch. The names of headers are in lower case. */
record ApiRequest(String method, List<String> path, Query query, Map<String, String> headers, InputStream body) {
    private static final int MAX_JSON_BYTES = 1024 * 1024;

    /** Those headers of Google's own that are understood, or that change nothing. */
    private static final Set<String> KNOWN_HEADERS = Set.of(
            "x-goog-api-client",
            "x-goog-gcs-idempotency-token",
            "x-goog-user-project",
            "x-goog-hash",
            "x-goog-encryption-algorithm",
            "x-goog-encryption-key",
            "x-goog-encryption-key-sha256",
            "x-upload-content-type",
            "x-upload-content-length");

    ApiRequest {
        path = List.copyOf(path);
        headers = Map.copyOf(headers);
    }

    /** @param target a path and perhaps a query, percent-encoded */
    static ApiRequest of(String method, String target, Map<String, String> headers, InputStream body) {
        Map<String, String> lower = new TreeMap<>();
        headers.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
        for (String name : lower.keySet()) {
            if (name.matches("x-(goog|upload|guploader|http)-.*") && !KNOWN_HEADERS.contains(name)) {
                throw ApiError.notImplemented("the header '" + name + "'");
            }
        }
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        Query query = new Query(question < 0 ? "" : target.substring(question + 1));
        return new ApiRequest(method, segments(path), query, lower, body);
    }

    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.substring(1).split("/", -1)) {
            try {
                segments.add(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw ApiError.invalid("not percent-encoded: '" + segment + "'");
            }
        }
        return segments;
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    OptionalLong length(String name) {
        Optional<String> text = header(name);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!text.get().matches("[0-9]{1,18}")) {
            throw ApiError.invalid("the header " + name + " is not a length: '" + text.get() + "'");
        }
        return OptionalLong.of(Long.parseLong(text.get()));
    }

    /** The body as one JSON object; empty if there is no body. */
    Map<String, Object> json() throws IOException {
        byte[] bytes = body.readNBytes(MAX_JSON_BYTES + 1);
        if (bytes.length > MAX_JSON_BYTES) {
            throw ApiError.invalid("a JSON body of more than " + MAX_JSON_BYTES + " bytes");
        }
        return Json.parseObject(new String(bytes, StandardCharsets.UTF_8));
    }

    Preconditions preconditions() {
        return Preconditions.of(query);
    }
}
