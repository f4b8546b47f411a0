// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Blocks of memory that are used again and again. If each bundle took new memory, the garbage of a long backup would
 * fill Java's heap up to its limit before it is collected. The pool never holds more blocks than were in use at the
 * same time. Thread-safe.
 */
public final class BlockPool {
    static final int BLOCK_BYTES = 256 << 10;

    private final Queue<byte[]> idle = new ConcurrentLinkedQueue<>();

    byte[] take() {
        byte[] block = idle.poll();
        return block == null ? new byte[BLOCK_BYTES] : block;
    }

    void giveBack(byte[] block) {
        idle.add(block);
    }
}
