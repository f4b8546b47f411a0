// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.List;
import org.tidemark.core.TimeLimits;

/** The options that several stores on a network have in common. */
public final class NetworkOptions {
    /** See {@link HttpProxy}. */
    public static final StoreOption PROXY =
            StoreOption.address(HttpProxy.OPTION, "an HTTP proxy with no password, such as http://proxy.example:3128");

    /** See {@link TrustedAuthorities}. */
    public static final StoreOption CA_FILE = StoreOption.path(TrustedAuthorities.OPTION);

    static final StoreOption CONNECT = StoreOption.duration(TimeLimits.CONNECT_OPTION, "10s");
    static final StoreOption READ = StoreOption.duration(TimeLimits.READ_OPTION, "30s");
    static final StoreOption REQUEST = StoreOption.duration(TimeLimits.REQUEST_OPTION, "10m");

    /** The options that {@link StoreOptions#timeLimits} reads. */
    public static final List<StoreOption> TIME_LIMITS = List.of(CONNECT, READ, REQUEST);

    private NetworkOptions() {}
}
