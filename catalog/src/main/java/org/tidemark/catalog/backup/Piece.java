// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

/**
 * Where a part of a file lies. Immutable.
 *
 * @param bundle which line of the list of bundles, from 1
 * @param frame which frame of that bundle, from 0
 * @param at where the part belongs in the file, in bytes
 * @param offset where the part begins in the frame's data, in bytes
 * @param size the length of the part in bytes, 1 or more
 */
public record Piece(int bundle, int frame, long at, int offset, int size) {
    public Piece {
        if (bundle < 1 || frame < 0 || at < 0 || offset < 0 || size < 1 || offset > Frame.MAX_DATA_BYTES - size) {
            throw new IllegalArgumentException("not a piece: bundle " + bundle + ", frame " + frame + ", at " + at
                    + ", offset " + offset + ", size " + size);
        }
    }
}
