// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * How a server behaves. Immutable.
 *
 * @param tokens the bearer tokens that are valid, with their rights; with none, nobody needs one
 * @param memoryBytes objects longer than this are kept in files
 */
public record GcsOptions(Map<String, Set<Right>> tokens, long memoryBytes) {
    /** No tokens, files for what is longer than 64 KiB. */
    public static final GcsOptions DEFAULTS = new GcsOptions(Map.of(), 64 * 1024);

    public GcsOptions {
        tokens = Map.copyOf(tokens);
    }

    /** With one token more; from the first one on, every call needs one. */
    public GcsOptions withToken(String token, Role role) {
        Map<String, Set<Right>> more = new LinkedHashMap<>(tokens);
        more.put(token, role.rights());
        return new GcsOptions(more, memoryBytes);
    }
}
