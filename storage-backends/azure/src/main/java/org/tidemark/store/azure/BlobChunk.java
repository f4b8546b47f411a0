// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

/**
 * What one request for a range brought. Immutable, as long as its buffer is not filled anew.
 *
 * @param buffer with the bytes
 * @param objectBytes the size of the whole object
 * @param etag by which the service knows this content of it
 */
record BlobChunk(ChunkBuffer buffer, long objectBytes, String etag) {}
