// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Splits the server's bytes into messages. Not thread-safe. */
final class MessageReader {
    /** OpenSSH's messages have at most 256 KiB; 100 entries of a directory have less than 1 MiB. */
    private static final int MAX_MESSAGE_BYTES = 1024 * 1024;

    private final Receiver receiver;
    private ByteBuffer length = ByteBuffer.allocate(4);
    private ByteBuffer message = ByteBuffer.allocate(0);
    private boolean garbled;

    MessageReader(Receiver receiver) {
        this.receiver = receiver;
    }

    /** Receives the messages. */
    interface Receiver {
        /** Takes a complete message, from its type on. */
        void message(ByteBuffer message);

        /** The bytes are not a message, so no later bytes can be parsed. */
        void garbled(IOException why);
    }

    /** @param count the number of bytes to take from the beginning of the array */
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
            receiver.garbled(new IOException("the server's output is not SFTP: does the login shell print text?"));
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
