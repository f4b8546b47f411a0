// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * How a server behaves. Immutable.
 *
 * @param port to listen on, of the loopback interface; 0 takes one that is free
 * @param tokens the bearer tokens that are valid, with their rights; with none, nobody needs one
 * @param memoryBytes objects longer than this are kept in files
 * @param sessionLife how long a resumable session can be used; with Google, one week
 */
public record GcsOptions(int port, Map<String, Set<Right>> tokens, long memoryBytes, Duration sessionLife) {
    /** A free port, no tokens, files for what is longer than 64 KiB, a week. */
    public static final GcsOptions DEFAULTS = new GcsOptions(0, Map.of(), 64 * 1024, Duration.ofDays(7));

    public GcsOptions {
        tokens = Map.copyOf(tokens);
    }

    /** With one token more; from the first one on, every call needs one. */
    public GcsOptions withToken(String token, Role role) {
        Map<String, Set<Right>> more = new LinkedHashMap<>(tokens);
        more.put(token, role.rights());
        return new GcsOptions(port, more, memoryBytes, sessionLife);
    }

    /** On a port of the caller's choice. */
    public GcsOptions withPort(int other) {
        return new GcsOptions(other, tokens, memoryBytes, sessionLife);
    }

    /** With another life of sessions. */
    public GcsOptions withSessionLife(Duration life) {
        return new GcsOptions(port, tokens, memoryBytes, life);
    }
}
