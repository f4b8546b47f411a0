// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

/**
 * What one request for a range brought. Immutable.
 *
 * @param bytes that must not be changed
 * @param objectBytes the size of the whole object
 * @param etag by which the service knows this content of it
 */
@SuppressWarnings("ArrayRecordComponent") // Made once and read once: nobody compares it.
record BlobChunk(byte[] bytes, long objectBytes, String etag) {}
