// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;

/**
 * What a check does. Immutable.
 *
 * @param limit of the whole
 * @param decrypt whether stored objects are read
 * @param switchWal whether a segment is closed and awaited in every repository
 */
public record CheckRequest(Duration limit, boolean decrypt, boolean switchWal) {}
