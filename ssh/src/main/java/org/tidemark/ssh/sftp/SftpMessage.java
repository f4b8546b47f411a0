// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.tidemark.core.PathBytes;

/** One message to the server. Thread-safe as long as no thread changes its data. */
final class SftpMessage {
    private static final byte[] NO_DATA = new byte[0];

    private final byte[] head;
    private final byte[] data;
    private final int dataBytes;

    private SftpMessage(byte[] head, byte[] data, int dataBytes) {
        this.head = head;
        this.data = data;
        this.dataBytes = dataBytes;
    }

    /** The length and the type of the message, and the fields before its data. */
    byte[] head() {
        return head;
    }

    /** Not copied, so it must not change before the answer arrives. */
    byte[] data() {
        return data;
    }

    /** The number of bytes of {@link #data} to send. */
    int dataBytes() {
        return dataBytes;
    }

    /** Starts a request with its type and number. */
    static Builder request(int type, int id) {
        return new Builder(type).number(id);
    }

    /** The first message of a connection, with the highest supported version. */
    static SftpMessage hello(int type, int version) {
        return new Builder(type).number(version).build();
    }

    /** Builds a message. Not thread-safe. */
    static final class Builder {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);

        private Builder(int type) {
            number(0);
            raw(new byte[] {(byte) type});
        }

        Builder number(int value) {
            return raw(ByteBuffer.allocate(4).putInt(value).array());
        }

        Builder longNumber(long value) {
            return raw(ByteBuffer.allocate(8).putLong(value).array());
        }

        /** @param text in the form of {@link PathBytes}, so that it may be the path of any file */
        Builder text(String text) {
            return string(PathBytes.encode(text));
        }

        Builder string(byte[] value) {
            return number(value.length).raw(value);
        }

        Builder raw(byte[] value) {
            bytes.writeBytes(value);
            return this;
        }

        SftpMessage build() {
            return build(NO_DATA, 0);
        }

        /** @param data the end of the message, of which the first {@code dataBytes} are sent */
        SftpMessage build(byte[] data, int dataBytes) {
            byte[] head = bytes.toByteArray();
            ByteBuffer.wrap(head).putInt(head.length - 4 + dataBytes);
            return new SftpMessage(head, data, dataBytes);
        }
    }
}
