// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.InetSocketAddress;
import java.util.Optional;

/** An HTTP proxy between this host and a store, without a password: the option {@value #OPTION}. */
public final class HttpProxy {
    public static final String OPTION = "proxy";

    private HttpProxy() {}

    /**
     * The proxy's unresolved host and its port; empty if no proxy is configured.
     *
     * @throws IllegalArgumentException if the option is not valid; the message does not show the option's text, which
     *     may contain a password
     */
    public static Optional<InetSocketAddress> of(StoreOptions options) {
        return options.text(OPTION).map(HttpProxy::parse);
    }

    private static InetSocketAddress parse(String text) {
        return HttpEndpoint.parseServer(text)
                .filter(proxy -> "http".equals(proxy.getScheme()) && proxy.getPort() > 0 && proxy.getPort() <= 65_535)
                .map(proxy -> InetSocketAddress.createUnresolved(proxy.getHost(), proxy.getPort()))
                .orElseThrow(() -> new IllegalArgumentException("invalid value of '" + OPTION
                        + "' (expected an HTTP proxy with no password, such as http://proxy.example:3128)"));
    }
}
