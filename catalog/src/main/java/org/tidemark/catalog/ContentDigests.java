// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

/**
 * What a container's payload is before and after its codec. Immutable.
 *
 * @param plainSize in bytes
 * @param storedSize in bytes, without the header
 */
public record ContentDigests(long plainSize, Sha256 plain, long storedSize, Sha256 stored) {
    public ContentDigests {
        if (plainSize < 0 || storedSize < 0) {
            throw new IllegalArgumentException("a size cannot be negative: " + plainSize + ", " + storedSize);
        }
    }
}
