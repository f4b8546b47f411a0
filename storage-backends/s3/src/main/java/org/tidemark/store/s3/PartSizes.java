// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import org.tidemark.store.StoreOptions;

/**
 * Which objects are sent in parts, and how large these are. Immutable.
 *
 * @param multipartAbove in bytes: objects up to this size are sent by one request, which alone excludes other writers
 *     on every server
 * @param partBytes of each part but the last, as long as 10,000 of them are enough
 * @param parallel how many parts of one object are sent at the same time
 */
record PartSizes(long multipartAbove, long partBytes, int parallel) {
    private static final long MIB = 1L << 20;
    private static final long LEAST_PART = 5 * MIB;
    private static final long MOST_IN_ONE_REQUEST = 5L << 30;

    /**
     * What two writers may want at once must be one request. The largest such object is a WAL segment of 1 GiB that
     * cannot be compressed, and what surrounds it.
     */
    private static final long USUAL_MULTIPART_ABOVE = 1040 * MIB;

    static PartSizes of(StoreOptions options) {
        return new PartSizes(
                options.size(S3Options.MULTIPART_ABOVE, LEAST_PART, MOST_IN_ONE_REQUEST, USUAL_MULTIPART_ABOVE),
                options.size(S3Options.PART_SIZE, LEAST_PART, MOST_IN_ONE_REQUEST, 16 * MIB),
                options.number(S3Options.PARALLEL_PARTS, 1, 32, 4));
    }
}
