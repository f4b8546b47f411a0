// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;
import java.util.List;

/**
 * How long a store on a network may take. Every wait of such a store is bounded by one of them. Immutable.
 *
 * @param connect until a connection stands, its encryption and login included
 * @param read until the next byte comes, or goes
 * @param request of one request whole: a part of an upload, an answer, a listing's page
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
     * Those that the options give, and the usual ones for the rest.
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
