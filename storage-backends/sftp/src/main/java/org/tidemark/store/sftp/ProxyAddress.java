// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.Proxy;
import com.jcraft.jsch.ProxyHTTP;
import com.jcraft.jsch.ProxySOCKS5;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import org.tidemark.store.Secret;
import org.tidemark.store.StoreOptions;

/**
 * A proxy on the way to the server. Immutable.
 *
 * @param kind how it is asked
 * @param user who asks it; empty where it asks for nobody
 */
public record ProxyAddress(Kind kind, String host, int port, String user, Optional<Secret> password) {
    static final String OPTION = "proxy";
    static final String PASSWORD = "proxy-password";
    static final String PASSWORD_VARIABLE = "TIDEMARK_SFTP_PROXY_PASSWORD";

    /** The protocols of proxies. */
    public enum Kind {
        /** The method CONNECT. */
        HTTP,
        SOCKS5
    }

    static Optional<ProxyAddress> parse(StoreOptions options) {
        Optional<String> text = options.text(OPTION);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        URI address = address(text.get());
        Kind kind = switch (String.valueOf(address.getScheme())) {
            case "http" -> Kind.HTTP;
            case "socks5" -> Kind.SOCKS5;
            default -> throw wrong();
        };
        String path = address.getRawPath();
        String user = address.getUserInfo() == null ? "" : address.getUserInfo();
        if (address.getHost() == null
                || address.getPort() < 1
                || user.contains(":")
                || !(path == null || path.isEmpty())) {
            throw wrong();
        }
        return Optional.of(new ProxyAddress(
                kind, address.getHost(), address.getPort(), user, options.secret(PASSWORD, PASSWORD_VARIABLE)));
    }

    private static URI address(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw wrong();
        }
    }

    /** Without the text: it may hold a password, which belongs elsewhere. */
    private static IllegalArgumentException wrong() {
        return new IllegalArgumentException("not a value of '" + OPTION
                + "' (expected http://user@host:port or socks5://user@host:port; its password is in '" + PASSWORD
                + "-file' or '" + PASSWORD + "-command')");
    }

    /** What jsch connects through. */
    Proxy proxy() {
        String secret = password.map(Secret::value).orElse("");
        return switch (kind) {
            case HTTP -> {
                ProxyHTTP proxy = new ProxyHTTP(host, port);
                if (!user.isEmpty()) {
                    proxy.setUserPasswd(user, secret);
                }
                yield proxy;
            }
            case SOCKS5 -> {
                ProxySOCKS5 proxy = new ProxySOCKS5(host, port);
                if (!user.isEmpty()) {
                    proxy.setUserPasswd(user, secret);
                }
                yield proxy;
            }
        };
    }
}
