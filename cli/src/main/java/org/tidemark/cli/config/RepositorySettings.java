// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.config;

import java.net.URI;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One repository. Immutable.
 *
 * @param name as configured, or the address where it was given as such
 * @param compression the codec for what is written: {@code zstd:1}
 * @param bandwidthLimit bytes per second
 * @param options what the store itself takes besides the address
 */
public record RepositorySettings(
        String name, URI url, String compression, OptionalLong bandwidthLimit, Map<String, String> options) {
    public RepositorySettings {
        options = Map.copyOf(options);
    }

    public static final String DEFAULT_COMPRESSION = "zstd:1";

    /** A repository of which nothing but its address is known. */
    public static RepositorySettings at(URI url) {
        return new RepositorySettings(url.toString(), url, DEFAULT_COMPRESSION, OptionalLong.empty(), Map.of());
    }
}
