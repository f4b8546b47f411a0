// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** What a server answered. To be closed; its body is to be read by one thread. */
record Answer(int status, HttpHeaders headers, AnswerStream body) implements AutoCloseable {
    /** A page of a listing has some hundred KiB, a catalog of a big cloud some ten. */
    private static final int MAX_TEXT_BYTES = 16 * 1024 * 1024;

    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** The digest that the store has, without the quotes that some put around it. */
    String etag() {
        return header("Etag").orElse("").replace("\"", "").toLowerCase(Locale.ROOT);
    }

    /** The body whole; spaces before it keep a connection alive while the store works. */
    Json json() throws IOException {
        byte[] bytes = body.readNBytes(MAX_TEXT_BYTES + 1);
        if (bytes.length > MAX_TEXT_BYTES) {
            throw new IOException("an answer of more than " + MAX_TEXT_BYTES + " bytes, which is not read");
        }
        return Json.parse(new String(bytes, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        body.discard();
    }
}
