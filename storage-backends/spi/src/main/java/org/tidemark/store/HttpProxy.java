// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** An HTTP proxy that asks for no password, on the way to a store: the option {@value #OPTION}. */
public final class HttpProxy {
    public static final String OPTION = "proxy";

    private HttpProxy() {}

    /**
     * Its host, not looked up yet, and its port; empty where none is configured.
     *
     * @throws IllegalArgumentException if the option is not valid; its text is not shown, since there are those who
     *     write a password before the host
     */
    public static Optional<InetSocketAddress> of(StoreOptions options) {
        return options.text(OPTION).map(HttpProxy::parse);
    }

    private static InetSocketAddress parse(String text) {
        try {
            URI proxy = new URI(text);
            String path = proxy.getRawPath() == null ? "" : proxy.getRawPath();
            boolean plain = "http".equals(proxy.getScheme())
                    && proxy.getHost() != null
                    && proxy.getPort() > 0
                    && proxy.getPort() <= 65_535
                    && proxy.getRawUserInfo() == null
                    && (path.isEmpty() || path.equals("/"))
                    && proxy.getRawQuery() == null;
            if (plain) {
                return InetSocketAddress.createUnresolved(proxy.getHost(), proxy.getPort());
            }
        } catch (URISyntaxException e) {
            // Its message would show the text.
        }
        throw new IllegalArgumentException("not a value of '" + OPTION
                + "' (expected an HTTP proxy that asks for no password, such as http://proxy.example:3128)");
    }
}
