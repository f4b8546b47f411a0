// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.store.TimeLimits;

/**
 * How servers are reached. Immutable.
 *
 * @param caFile certificates in PEM form to trust instead of those that the JDK trusts
 * @param proxy an HTTP proxy on the way
 */
record Network(TimeLimits limits, Optional<Path> caFile, Optional<InetSocketAddress> proxy) {}
