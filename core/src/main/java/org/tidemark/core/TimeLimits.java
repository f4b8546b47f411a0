// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Duration;

/**
 * The time limits of a connection to another host. Every wait for that host has one of them. Immutable.
 *
 * @param connect for opening a connection, including TLS and login
 * @param read for the next byte to be received or sent
 * @param request for one whole request, such as an upload or a page of a listing
 */
public record TimeLimits(Duration connect, Duration read, Duration request) {
    public static final String CONNECT_OPTION = "connect-timeout";
    public static final String READ_OPTION = "read-timeout";
    public static final String REQUEST_OPTION = "request-timeout";

    public static final TimeLimits DEFAULTS =
            new TimeLimits(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(10));

    public TimeLimits {
        if (!connect.isPositive() || !read.isPositive() || !request.isPositive()) {
            throw new IllegalArgumentException("not limits: " + connect + ", " + read + ", " + request);
        }
    }
}
