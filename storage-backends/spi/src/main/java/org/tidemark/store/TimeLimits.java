// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;
import java.util.List;

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

    /** The names of the options that {@link #of} reads. */
    public static final List<String> OPTIONS = List.of(CONNECT_OPTION, READ_OPTION, REQUEST_OPTION);

    public static final TimeLimits USUAL =
            new TimeLimits(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(10));

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
        return new TimeLimits(
                options.duration(CONNECT_OPTION, USUAL.connect),
                options.duration(READ_OPTION, USUAL.read),
                options.duration(REQUEST_OPTION, USUAL.request));
    }
}
