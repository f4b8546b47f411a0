// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.swift.Sessions.Session;

/**
 * A request to the account, without its token. Immutable.
 *
 * @param target the part after the account's address: a path, a query, or both
 * @param headers alternating names and values
 */
record SwiftRequest(String method, String target, List<String> headers, Optional<SourceBody> body) {
    static SwiftRequest of(String method, String target, String... headers) {
        return new SwiftRequest(method, target, List.of(headers), Optional.empty());
    }

    SwiftRequest with(String name, String value) {
        List<String> more = new ArrayList<>(headers);
        more.add(name);
        more.add(value);
        return new SwiftRequest(method, target, List.copyOf(more), body);
    }

    SwiftRequest sending(SourceBody its) {
        return new SwiftRequest(method, target, headers, Optional.of(its));
    }

    HttpRequest.Builder in(Session session) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(session.storage() + target))
                .header("X-Auth-Token", session.token().value());
        if (!headers.isEmpty()) {
            builder.headers(headers.toArray(String[]::new));
        }
        return builder;
    }
}
