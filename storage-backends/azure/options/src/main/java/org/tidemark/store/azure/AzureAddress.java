// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.URI;
import java.util.regex.Pattern;
import org.tidemark.store.ObjectKey;

/**
 * The address of a store: {@code azure://account/container/prefix}. Immutable.
 *
 * @param prefix of all keys: empty, or parts that each end with a slash
 */
public record AzureAddress(String account, String container, String prefix) {
    /** Names of accounts follow the rules of the service; only the names of emulated accounts have hyphens. */
    private static final Pattern ACCOUNT = Pattern.compile("[a-z0-9][a-z0-9-]{2,62}");

    private static final Pattern CONTAINER = Pattern.compile("[a-z0-9](?:-?[a-z0-9]){2,62}");

    /**
     * Reads {@code azure://account/container} or {@code azure://account/container/prefix}.
     *
     * @throws IllegalArgumentException if the address is not valid; the message contains no signature
     */
    public static AzureAddress parse(URI address) {
        String path = address.getRawPath();
        boolean plain = "azure".equals(address.getScheme())
                && address.getRawAuthority() != null
                && path != null
                && path.startsWith("/")
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        if (!plain) {
            throw notAnAddress(address, "azure://account/container/prefix");
        }
        if (!ACCOUNT.matcher(address.getRawAuthority()).matches()) {
            throw notAnAddress(
                    address,
                    "only the name of a storage account after azure://; the option 'endpoint' sets another"
                            + " host or port");
        }
        int slash = path.indexOf('/', 1);
        String container = slash < 0 ? path.substring(1) : path.substring(1, slash);
        String prefix = slash < 0 ? "" : path.substring(slash + 1);
        if (!prefix.isEmpty() && !prefix.endsWith("/")) {
            prefix = prefix + "/";
        }
        if (!CONTAINER.matcher(container).matches()) {
            throw notAnAddress(address, "a container after the account: 3 to 63 small letters, digits and hyphens");
        }
        if (!ObjectKey.isKey(prefix + "x")) {
            throw notAnAddress(
                    address, "a prefix of letters, digits, dots, hyphens and underscores, joined by slashes");
        }
        return new AzureAddress(address.getRawAuthority(), container, prefix);
    }

    private static IllegalArgumentException notAnAddress(URI address, String expected) {
        // A query may be a shared access signature, which must not be in a message.
        String shown = address.getRawQuery() == null
                        && !String.valueOf(address.getRawAuthority()).contains("@")
                ? "'" + address + "'"
                : "an address with a query or a user";
        return new IllegalArgumentException(
                "not the address of a store in Azure: " + shown + " (expected " + expected + ")");
    }

    /** The container's name in messages, in which keys include the prefix. */
    public String description() {
        return "azure://" + account + "/" + container;
    }
}
