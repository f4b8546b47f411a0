// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;

/**
 * The requests and answers of Keystone.
 *
 * @see <a href="https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management">Identity API
 *     v3</a>
 */
final class KeystoneText {
    private KeystoneText() {}

    /** The body of {@code POST /v3/auth/tokens}, which contains a secret. */
    static String request(SwiftCredentials.Identity identity) {
        return switch (identity) {
            case SwiftCredentials.Password password ->
                "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{"
                        + named(password.user(), password.userDomain())
                        + ",\"password\":" + JsonText.of(password.password().value())
                        + "}}},\"scope\":{\"project\":{" + named(password.project(), password.projectDomain()) + "}}}}";
            case SwiftCredentials.ApplicationCredential(String id, var secret) ->
                "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],\"application_credential\":{\"id\":"
                        + JsonText.of(id) + ",\"secret\":" + JsonText.of(secret.value()) + "}}}}";
        };
    }

    /** Keystone requires a domain with a name, and refuses one with an id. */
    private static String named(SwiftCredentials.Name name, SwiftCredentials.Name domain) {
        return name.isId()
                ? "\"id\":" + JsonText.of(name.value())
                : "\"name\":" + JsonText.of(name.value()) + ",\"domain\":{\"" + (domain.isId() ? "id" : "name") + "\":"
                        + JsonText.of(domain.value()) + "}";
    }

    /** The lifetime of the token, by Keystone's clock only; empty if unknown. */
    static Optional<Duration> life(JsonObject token) {
        try {
            Optional<Instant> issued = token.find("issued_at", String.class).map(Instant::parse);
            Optional<Instant> expires = token.find("expires_at", String.class).map(Instant::parse);
            return issued.isPresent() && expires.isPresent()
                    ? Optional.of(Duration.between(issued.get(), expires.get()))
                    : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * The address of the object store in the service catalog of the token.
     *
     * @throws IllegalArgumentException if the catalog has no such address, or several; the message lists the regions
     */
    static String endpoint(JsonObject token, Optional<String> region, String face) {
        Map<String, String> urls = new LinkedHashMap<>();
        for (JsonObject service : objects(token, "catalog")) {
            if (text(service, "type").equals("object-store")) {
                for (JsonObject endpoint : objects(service, "endpoints")) {
                    if (text(endpoint, "interface").equals(face)) {
                        String id = text(endpoint, "region_id");
                        urls.put(id.isEmpty() ? text(endpoint, "region") : id, text(endpoint, "url"));
                    }
                }
            }
        }
        if (urls.isEmpty()) {
            throw new IllegalArgumentException("the catalog has no object store with the interface '" + face + "'");
        }
        if (region.isEmpty() && urls.size() > 1) {
            throw new IllegalArgumentException(
                    "the catalog has object stores in the regions " + urls.keySet() + ": set 'region' to one of them");
        }
        String url = region.isEmpty() ? urls.values().iterator().next() : urls.get(region.get());
        if (url == null) {
            throw new IllegalArgumentException(
                    "the catalog has no object store in the region '" + region.get() + "', only in " + urls.keySet());
        }
        return url;
    }

    private static List<JsonObject> objects(JsonObject json, String name) {
        return json.has(name) ? json.list(name, object -> object) : List.of();
    }

    /** Keystone writes null for what an endpoint does not have. */
    private static String text(JsonObject json, String name) {
        return json.find(name, String.class).orElse("");
    }
}
