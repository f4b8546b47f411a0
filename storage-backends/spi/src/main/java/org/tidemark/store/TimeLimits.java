// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The time limits of a store on a network. Every wait of such a store has one of them. Immutable.
 *
 * @param connect for opening a connection, including TLS and login
 * @param read for the next byte to be received or sent
 * @param request for one whole request, such as an upload or a page of a listing
 */
public record TimeLimits(Duration connect, Duration read, Duration request) {
    public static final String CONNECT_OPTION = "connect-timeout";
    public static final String READ_OPTION = "read-timeout";
    public static final String REQUEST_OPTION = "request-timeout";

    private static final StoreOption CONNECT = StoreOption.duration(CONNECT_OPTION, "10s");
    private static final StoreOption READ = StoreOption.duration(READ_OPTION, "30s");
    private static final StoreOption REQUEST = StoreOption.duration(REQUEST_OPTION, "10m");

    /** The options that {@link #of} reads. */
    public static final List<StoreOption> OPTIONS = List.of(CONNECT, READ, REQUEST);

    public static final TimeLimits DEFAULTS = of(new StoreOptions(Map.of()));

    public TimeLimits {
        if (!connect.isPositive() || !read.isPositive() || !request.isPositive()) {
            throw new IllegalArgumentException("not limits: " + connect + ", " + read + ", " + request);
        }
    }

    /**
     * The limits of the options, and the default for every option that is not set.
     *
     * @throws IllegalArgumentException if one of the options is not valid
     */
    public static TimeLimits of(StoreOptions options) {
        return new TimeLimits(options.duration(CONNECT), options.duration(READ), options.duration(REQUEST));
    }
}
