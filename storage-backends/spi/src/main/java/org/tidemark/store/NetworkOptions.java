// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/** The options that several stores on a network have in common; see {@link TimeLimits#OPTIONS} for their limits. */
public final class NetworkOptions {
    /** See {@link HttpProxy}. */
    public static final StoreOption PROXY =
            StoreOption.address(HttpProxy.OPTION, "an HTTP proxy with no password, such as http://proxy.example:3128");

    /** See {@link TrustedAuthorities}. */
    public static final StoreOption CA_FILE = StoreOption.path(TrustedAuthorities.OPTION);

    private NetworkOptions() {}
}
