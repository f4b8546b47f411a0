// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.core.JsonObject;

/**
 * One call, alone or as a part of a batch.
 *
 * @param path as it was sent, percent-encoded
 * @param query as it was sent, percent-encoded
 * @param headers with names in lower case
 */
record Call(
        String method,
        String path,
        String query,
        Map<String, String> parameters,
        Map<String, String> headers,
        InputStream body) {
    /** Google's own headers that are understood, or that change nothing. */
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

    private static final Set<String> REFUSED_HEADERS = Set.of("if-match", "if-none-match", "content-encoding");

    /** Parameters of every call: {@code alt} and {@code fields}, and some that change nothing here. */
    private static final Set<String> STANDARD = Set.of("alt", "fields", "prettyPrint", "userProject", "projection");

    Call {
        parameters = Map.copyOf(parameters);
        headers = Map.copyOf(headers);
    }

    /** @param target a path and perhaps a query, percent-encoded */
    static Call of(String method, String target, Map<String, String> headers, InputStream body) {
        Map<String, String> lower = new TreeMap<>();
        headers.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
        for (String name : lower.keySet()) {
            boolean unknown = name.matches("x-(goog|upload|guploader|http)-.*") && !KNOWN_HEADERS.contains(name);
            if (unknown || REFUSED_HEADERS.contains(name)) {
                throw Refusal.notImplemented("the header '" + name + "'");
            }
        }
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        String query = question < 0 ? "" : target.substring(question + 1);
        return new Call(method, path, query, parameters(query), lower, body);
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            if (parameters.put(name, equals < 0 ? "" : decoded(pair.substring(equals + 1))) != null) {
                throw Refusal.notImplemented("the parameter '" + name + "' more than once");
            }
        }
        return parameters;
    }

    static String decoded(String encoded) {
        try {
            return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid("not percent-encoded: '" + encoded + "'");
        }
    }

    /** Refuses parameters that are neither standard nor in this list. */
    void allow(String... names) {
        Set<String> known = Set.of(names);
        for (String name : parameters.keySet()) {
            if (!STANDARD.contains(name) && !known.contains(name)) {
                throw Refusal.notImplemented("the parameter '" + name + "'");
            }
        }
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /** A parameter that is a number, 0 or more. */
    OptionalLong number(String name) {
        Optional<String> text = parameter(name);
        if (text.isPresent() && !text.get().matches("[0-9]{1,18}")) {
            throw Refusal.invalid("invalid value for " + name + ": '" + text.get() + "'");
        }
        return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text.get()));
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** The CRC-32C of the object in base64, as x-goog-hash announces it. */
    Optional<String> announced() {
        Optional<String> hash = header("x-goog-hash");
        if (hash.isPresent() && !hash.get().startsWith("crc32c=")) {
            throw Refusal.notImplemented("x-goog-hash: '" + hash.get() + "'");
        }
        return hash.map(text -> text.substring("crc32c=".length()));
    }

    /** The body as one JSON object; empty if there is no body. */
    JsonObject json() throws IOException {
        return json(body.readAllBytes());
    }

    static JsonObject json(byte[] bytes) {
        try {
            return bytes.length == 0
                    ? new JsonObject(Map.of())
                    : JsonObject.parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new Refusal(400, "parseError", "the body is not one JSON object: " + e.getMessage());
        }
    }
}
