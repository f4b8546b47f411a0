// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.core.JsonText;

/**
 * The answer to a call. Its reader closes the body.
 *
 * @param length of the body, in bytes
 */
record Answer(int status, Map<String, String> headers, long length, InputStream body) {
    Answer {
        headers = Map.copyOf(headers);
    }

    static Answer text(int status, String type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Answer(status, Map.of("Content-Type", type), bytes.length, new ByteArrayInputStream(bytes));
    }

    static Answer json(int status, Map<String, ?> value) {
        return text(status, "application/json; charset=UTF-8", JsonText.of(value));
    }

    static Answer empty(int status) {
        return new Answer(status, Map.of(), 0, InputStream.nullInputStream());
    }

    Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, more, length, body);
    }
}
