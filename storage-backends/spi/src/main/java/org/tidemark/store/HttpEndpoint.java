// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** Reads the addresses of HTTP servers that operators and catalogs write. */
public final class HttpEndpoint {
    private HttpEndpoint() {}

    /**
     * The address without slashes at its end; empty if the text is not an absolute http or https address that consists
     * of a server and a path. A message must not show such a text: it may contain a password or a signature.
     */
    public static Optional<URI> parse(String text) {
        try {
            URI address = new URI(text.replaceAll("/+$", ""));
            boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
            boolean plain = address.getRawUserInfo() == null
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null;
            return http && plain && address.getHost() != null ? Optional.of(address) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /** Like {@link #parse}, but a server only; empty if there is a path. */
    public static Optional<URI> parseServer(String text) {
        return parse(text).filter(address -> address.getRawPath().isEmpty());
    }

    /** Throws if {@link #isReadableByOthers}. */
    public static void requirePrivate(URI address) {
        if (isReadableByOthers(address)) {
            throw new IllegalArgumentException("the endpoint '" + address
                    + "' is not encrypted: others could read the credentials that are sent to it (expected https)");
        }
    }

    /** Whether others on the network can read what is sent: without TLS, and not to this host. */
    public static boolean isReadableByOthers(URI address) {
        String host = address.getHost();
        boolean loopback = host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
        return "http".equals(address.getScheme()) && !loopback;
    }
}
