// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * What a server says that it can do beyond the protocol. Immutable.
 *
 * @param limits whether it can be asked how long its messages may be
 * @param pieceBytes how many bytes of a file one message may hold
 */
record Abilities(boolean fsync, boolean hardLink, boolean statvfs, boolean limits, int pieceBytes) {
    /** Every server takes so many. */
    private static final int LEAST_PIECE_BYTES = 32 * 1024;

    /** OpenSSH's limit; more would not be faster. */
    private static final int MOST_PIECE_BYTES = 255 * 1024;

    /** The answer to the first message, from its version on. */
    static Abilities read(ByteBuffer message) {
        Map<String, String> extensions = new HashMap<>();
        message.getInt();
        while (message.hasRemaining()) {
            String name = Reply.text(message);
            extensions.put(name, Reply.text(message));
        }
        return new Abilities(
                "1".equals(extensions.get(Sftp.FSYNC)),
                "1".equals(extensions.get(Sftp.HARD_LINK)),
                "2".equals(extensions.get(Sftp.STATVFS)),
                "1".equals(extensions.get(Sftp.LIMITS)),
                LEAST_PIECE_BYTES);
    }

    /** With what the server said of its limits: the longest message, the longest read, the longest write. */
    Abilities withLimits(ByteBuffer bytes) {
        bytes.getLong();
        long piece = Math.min(MOST_PIECE_BYTES, Math.min(positive(bytes.getLong()), positive(bytes.getLong())));
        return new Abilities(fsync, hardLink, statvfs, limits, (int) Math.max(LEAST_PIECE_BYTES, piece));
    }

    /** A limit that is not told is 0. */
    private static long positive(long limit) {
        return limit > 0 ? limit : LEAST_PIECE_BYTES;
    }
}
