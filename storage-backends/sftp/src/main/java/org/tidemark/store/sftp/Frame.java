// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One message on its way to the server. Thread-safe as long as nobody changes its data. */
final class Frame {
    private static final byte[] NOTHING = new byte[0];

    private final byte[] head;
    private final byte[] data;
    private final int dataBytes;

    private Frame(byte[] head, byte[] data, int dataBytes) {
        this.head = head;
        this.data = data;
        this.dataBytes = dataBytes;
    }

    /** Its length, its type, and what comes before the data. */
    byte[] head() {
        return head;
    }

    /** Not copied: it must stay as it is until the answer comes. */
    byte[] data() {
        return data;
    }

    /** How many of {@link #data} are sent. */
    int dataBytes() {
        return dataBytes;
    }

    /** Begins a request of a type, with its number. */
    static Builder request(int type, int id) {
        return new Builder(type).number(id);
    }

    /** The first message of all, with the highest version that we speak. */
    static Frame hello(int type, int version) {
        return new Builder(type).number(version).build();
    }

    /** Puts a message together. Not thread-safe. */
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

        Builder text(String text) {
            return string(text.getBytes(StandardCharsets.UTF_8));
        }

        Builder string(byte[] value) {
            return number(value.length).raw(value);
        }

        Builder raw(byte[] value) {
            bytes.writeBytes(value);
            return this;
        }

        Frame build() {
            return build(NOTHING, 0);
        }

        /** With bytes at its end, as many as are said. */
        Frame build(byte[] data, int dataBytes) {
            byte[] head = bytes.toByteArray();
            ByteBuffer.wrap(head).putInt(head.length - 4 + dataBytes);
            return new Frame(head, data, dataBytes);
        }
    }
}
