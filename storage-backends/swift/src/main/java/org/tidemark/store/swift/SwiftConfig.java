// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.HttpEndpoint;
import org.tidemark.store.HttpProxy;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;

/**
 * The container, the credentials and the connection of a store in Swift. Immutable; printed without secrets.
 *
 * @param prefix of all keys: empty, or parts that each end with a slash
 * @param storageUrl the address of the account, instead of the one in the answer to the login
 */
public record SwiftConfig(
        String container, String prefix, SwiftCredentials credentials, Optional<URI> storageUrl, Network network) {
    /**
     * Reads {@code swift://container/prefix} and its options.
     *
     * @throws IllegalArgumentException if one of them is not valid
     */
    public static SwiftConfig parse(URI address, StoreOptions options) {
        requireAddress(address);
        return new SwiftConfig(
                address.getRawAuthority(),
                prefix(address),
                SwiftCredentialsReader.read(options),
                options.text(SwiftOptions.STORAGE_URL).map(text -> httpAddress(SwiftOptions.STORAGE_URL, text)),
                new Network(options.timeLimits(), options.path(NetworkOptions.CA_FILE), HttpProxy.of(options)));
    }

    /** @throws IllegalArgumentException if the address is not {@code swift://container/prefix} */
    static void requireAddress(URI address) {
        String container = address.getRawAuthority();
        boolean plain = "swift".equals(address.getScheme())
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        if (!plain
                || container == null
                || !container.matches("[A-Za-z0-9._-]{1,256}")
                || !ObjectKey.isKey(prefix(address) + "x")) {
            throw wrongAddress(address);
        }
    }

    private static String prefix(URI address) {
        String path = address.getRawPath().replaceAll("^/+|/+$", "");
        return path.isEmpty() ? "" : path + "/";
    }

    /** The container's name in messages, in which keys include the prefix. */
    String description() {
        return "swift://" + container;
    }

    static URI httpAddress(StoreOption option, String text) {
        return HttpEndpoint.parse(text)
                .orElseThrow(() -> StoreOptions.wrong(
                        option,
                        withoutLogin(text),
                        "an http or https address, such as https://cloud.example.org:5000/v3"));
    }

    /** An address may contain a password by mistake, which must not be printed. */
    private static String withoutLogin(String text) {
        return text.replaceAll("//[^/]*@", "//…@");
    }

    private static IllegalArgumentException wrongAddress(URI address) {
        return new IllegalArgumentException("not the address of a store in Swift: '" + withoutLogin(address.toString())
                + "' (expected swift://container/prefix, of letters, digits, dots, hyphens and underscores)");
    }

    /**
     * The connection to the servers. Immutable.
     *
     * @param caFile certificates in PEM form to trust instead of those that the JDK trusts
     * @param proxy an HTTP proxy
     */
    record Network(TimeLimits limits, Optional<Path> caFile, Optional<InetSocketAddress> proxy) {}
}
