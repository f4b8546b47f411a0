// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Secret;
import org.tidemark.store.HttpEndpoint;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.swift.Sessions.Session;

/** Logs in with the credentials, and gets a token. Thread-safe. */
final class SwiftLogin {
    private final SwiftCredentials credentials;
    private final Optional<URI> storageUrl;
    private final BoundedHttp http;
    private final SwiftErrors errors;

    /** @param storageUrl the address of the account, instead of the one in the answer to the login */
    SwiftLogin(SwiftCredentials credentials, Optional<URI> storageUrl, BoundedHttp http, SwiftErrors errors) {
        this.credentials = credentials;
        this.storageUrl = storageUrl;
        this.http = http;
        this.errors = errors;
    }

    Session ask() throws StorageException {
        try {
            return switch (credentials) {
                case SwiftCredentials.V1 v1 -> ask(v1);
                case SwiftCredentials.V3 v3 -> ask(v3);
            };
        } catch (IOException e) {
            throw errors.of(Operation.LOG_IN, "", e);
        }
    }

    private Session ask(SwiftCredentials.V1 v1) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(v1.authUrl())
                .header("X-Auth-User", v1.user())
                .header("X-Auth-Key", v1.key().value())
                .build();
        try (SwiftAnswer answer = http.send(request)) {
            requireSuccess(answer);
            Optional<String> life = answer.header("X-Auth-Token-Expires").filter(text -> text.matches("[0-9]{1,9}"));
            return new Session(
                    token(answer.header("X-Auth-Token").or(() -> answer.header("X-Storage-Token"))),
                    storage(answer.header("X-Storage-Url")),
                    life.map(text -> Duration.ofSeconds(Long.parseLong(text))));
        }
    }

    private Session ask(SwiftCredentials.V3 v3) throws IOException {
        byte[] body = KeystoneText.request(v3.identity()).getBytes(StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(URI.create(v3.authUrl() + "/auth/tokens"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        try (SwiftAnswer answer = http.send(request)) {
            requireSuccess(answer);
            Secret token = token(answer.header("X-Subject-Token"));
            JsonObject text = answer.json(JsonObject.class)
                    .find("token", JsonObject.class)
                    .orElse(new JsonObject(Map.of()));
            Optional<String> found = storageUrl.isPresent() ? Optional.empty() : Optional.of(endpoint(text, v3));
            return new Session(token, storage(found), KeystoneText.life(text));
        }
    }

    private String endpoint(JsonObject token, SwiftCredentials.V3 v3) throws StorageException {
        try {
            return KeystoneText.endpoint(token, v3.region(), v3.face());
        } catch (IllegalArgumentException e) {
            throw errors.noAddress(String.valueOf(e.getMessage()));
        }
    }

    private void requireSuccess(SwiftAnswer answer) throws StorageException {
        // Some version 1 servers answer 204, and Keystone answers 201.
        if (answer.status() / 100 != 2) {
            throw errors.loginRefused(credentials, answer.status());
        }
    }

    private Secret token(Optional<String> text) throws StorageUnavailable {
        return new Secret(text.orElseThrow(() ->
                errors.unavailable(Operation.LOG_IN, "", "'" + credentials.authUrl() + "' answered without a token")));
    }

    private URI storage(Optional<String> given) throws StorageException {
        if (storageUrl.isPresent()) {
            return storageUrl.get();
        }
        String text = given.orElseThrow(
                () -> errors.noAddress("'" + credentials.authUrl() + "' answered without an address for the account"));
        Optional<URI> url = HttpEndpoint.parse(text);
        return url.orElseThrow(() ->
                errors.noAddress("'" + credentials.authUrl() + "' gives '" + text + "' as the address of the account"));
    }
}
