// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/**
 * The normalized address of a repository, by which this host remembers it: without secrets and without redundant
 * slashes. Buckets of one name on two servers are different repositories, so the options that tell servers apart are
 * part of it; the store declares which they are.
 */
public final class RepositoryAddress {
    private RepositoryAddress() {}

    /**
     * The address as text.
     *
     * @throws UserFacingException with USAGE if the address is invalid
     */
    public static String of(RepositorySettings settings) {
        URI url = settings.url().normalize();
        String path = url.getPath() == null ? "" : url.getPath();
        while (path.length() > 1 && path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        StringBuilder address = new StringBuilder();
        try {
            address.append(new URI(url.getScheme(), authority(url), path, null, null));
        } catch (URISyntaxException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "repository '" + settings.name() + "': its address is invalid: " + e.getReason(),
                    "Correct it; see it with: tidemark config",
                    e);
        }
        Optional<StoreDeclaration> store = StoreDeclarations.of(String.valueOf(url.getScheme()));
        for (StoreOption option :
                store.isEmpty() ? List.<StoreOption>of() : store.get().options()) {
            String value = option.partOfIdentity() ? settings.options().get(option.name()) : null;
            if (value != null) {
                address.append(' ').append(option.name()).append('=').append(withoutLogin(value));
            }
        }
        return address.toString();
    }

    /**
     * With the user (a path may depend on it), but without the password. A bucket's name may not be a valid host name.
     */
    private static @Nullable String authority(URI url) {
        String authority = url.getAuthority();
        if (authority == null) {
            return null;
        }
        int at = authority.lastIndexOf('@');
        int colon = authority.indexOf(':');
        return colon >= 0 && colon < at ? authority.substring(0, colon) + authority.substring(at) : authority;
    }

    private static String withoutLogin(String value) {
        int slashes = value.indexOf("//");
        int at = value.indexOf('@');
        return slashes >= 0 && at > slashes ? value.substring(0, slashes + 2) + value.substring(at + 1) : value;
    }
}
