// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonReader;

/** An answer of the server. The caller closes it; one thread may read its body. */
record SwiftAnswer(int status, HttpHeaders headers, AnswerStream body) implements AutoCloseable {
    /** A page of a listing has some hundred KiB, and the service catalog of a large cloud some ten. */
    private static final int MAX_TEXT_BYTES = 16 * 1024 * 1024;

    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** The digest of the stored object, without the quotes that some servers add. */
    String etag() {
        return header("Etag").orElse("").replace("\"", "").toLowerCase(Locale.ROOT);
    }

    /**
     * Reads the body as JSON; spaces before it keep a connection alive while the store works.
     *
     * @param <T> {@link JsonObject} or {@link List}
     * @throws IOException if it is anything else
     */
    <T> T json(Class<T> type) throws IOException {
        byte[] bytes = body.readNBytes(MAX_TEXT_BYTES + 1);
        if (bytes.length > MAX_TEXT_BYTES) {
            throw new IOException("the answer has more than " + MAX_TEXT_BYTES + " bytes");
        }
        try {
            Object value = JsonReader.read(new String(bytes, StandardCharsets.UTF_8));
            if (type.isInstance(value)) {
                return type.cast(value);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        throw new IOException("the answer is not of the expected form");
    }

    @Override
    public void close() {
        body.discard();
    }
}
