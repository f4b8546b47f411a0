// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the server's bytes as they come, and hands over each message when it is whole. Not thread-safe. */
final class Replies {
    /** OpenSSH's are 256 KiB at most, and a name of a directory is never so long that 100 of them are more. */
    private static final int MAX_MESSAGE_BYTES = 1024 * 1024;

    private final Receiver receiver;
    private ByteBuffer length = ByteBuffer.allocate(4);
    private ByteBuffer message = ByteBuffer.allocate(0);
    private boolean garbled;

    Replies(Receiver receiver) {
        this.receiver = receiver;
    }

    /** Who gets them. */
    interface Receiver {
        /** A whole message from its type on. */
        void message(ByteBuffer message);

        /** What comes is no message, and nothing that follows can be one. */
        void garbled(IOException why);
    }

    /** Takes the first bytes of an array. */
    void take(byte[] from, int count) {
        ByteBuffer bytes = ByteBuffer.wrap(from, 0, count);
        while (bytes.hasRemaining() && !garbled) {
            if (length.hasRemaining()) {
                move(bytes, length);
                if (!length.hasRemaining()) {
                    begin(length.getInt(0));
                }
            } else {
                move(bytes, message);
                if (!message.hasRemaining()) {
                    length.clear();
                    receiver.message(message.flip());
                }
            }
        }
    }

    private void begin(int messageBytes) {
        if (messageBytes < 1 || messageBytes > MAX_MESSAGE_BYTES) {
            garbled = true;
            receiver.garbled(
                    new IOException("what the server sends is not SFTP: does the login print something there?"));
            return;
        }
        message = ByteBuffer.allocate(messageBytes);
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        int count = Math.min(from.remaining(), to.remaining());
        to.put(to.position(), from, from.position(), count);
        to.position(to.position() + count);
        from.position(from.position() + count);
    }
}
