// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The memory of one upload in blocks: as many buffers as blocks are under way at once, used over and over. Thread-safe.
 */
final class BlockBuffers {
    private final ConcurrentLinkedQueue<byte[]> free = new ConcurrentLinkedQueue<>();
    private final int usualBytes;

    /** @param usualBytes of all blocks but the last one */
    BlockBuffers(int usualBytes) {
        this.usualBytes = usualBytes;
    }

    /** One of exactly this size, with anything in it. */
    byte[] take(int bytes) {
        byte[] buffer = bytes == usualBytes ? free.poll() : null;
        return buffer == null ? new byte[bytes] : buffer;
    }

    /** For the next block. Only what no request can still be sending may be given back. */
    void giveBack(byte[] buffer) {
        if (buffer.length == usualBytes) {
            free.add(buffer);
        }
    }
}
