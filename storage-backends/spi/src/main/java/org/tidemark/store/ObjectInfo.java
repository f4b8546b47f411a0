// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Instant;

/**
 * A store's description of an object. Immutable.
 *
 * @param sizeBytes the length of the stored bytes
 * @param stored when it was stored, by the store's own clock
 */
public record ObjectInfo(ObjectKey key, long sizeBytes, Instant stored) {}
