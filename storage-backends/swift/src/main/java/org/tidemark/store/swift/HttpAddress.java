// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** Addresses of HTTP servers, as operators and catalogs write them. */
final class HttpAddress {
    private HttpAddress() {}

    /**
     * Without slashes at its end; empty if it is not an absolute http or https address of a server and a path alone.
     */
    static Optional<URI> parse(String text) {
        String trimmed = text.replaceAll("/+$", "");
        try {
            URI address = new URI(trimmed);
            boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
            boolean plain = address.getRawUserInfo() == null
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null;
            return http && plain && address.getHost() != null ? Optional.of(address) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
