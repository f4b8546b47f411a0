// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What goes back to a client. Immutable, but for a content, whose reader lets go of it. */
record ApiResponse(int status, Map<String, String> headers, Body body) {
    /** What follows the headers. */
    sealed interface Body {
        /** All of it in memory. */
        record Text(String text) implements Body {
            byte[] bytes() {
                return text.getBytes(StandardCharsets.UTF_8);
            }
        }

        /** A part of an object; the sender releases the content. */
        record Part(Content content, long from, long count) implements Body {}
    }

    ApiResponse {
        headers = Map.copyOf(headers);
    }

    static ApiResponse empty(int status) {
        return new ApiResponse(status, Map.of(), new Body.Text(""));
    }

    static ApiResponse json(int status, Map<String, ?> value) {
        return new ApiResponse(
                status, Map.of("Content-Type", "application/json; charset=UTF-8"), new Body.Text(JsonText.of(value)));
    }

    /** The upload servers answer some requests with a bare sentence. */
    static ApiResponse plain(int status, String text) {
        return new ApiResponse(status, Map.of("Content-Type", "text/plain; charset=utf-8"), new Body.Text(text));
    }

    ApiResponse with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new ApiResponse(status, more, body);
    }
}
