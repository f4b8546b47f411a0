// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Takes the bytes of one answer, and can then take those of another: a long stream needs few of them and makes no
 * garbage. Grows with what comes, so that a small object needs little. Not thread-safe.
 */
final class ChunkBuffer extends OutputStream {
    private static final int FIRST_BYTES = 64 * 1024;

    private byte[] bytes = new byte[FIRST_BYTES];
    private int count;
    private int most;
    private String etag = "";
    private long objectBytes;

    /** Makes it empty. */
    void expect(int mostBytes) {
        most = mostBytes;
        count = 0;
    }

    /** Notes the size of the whole object, and the tag by which the service knows this content of it. */
    void isOf(long size, String tag) {
        objectBytes = size;
        etag = tag;
    }

    long objectBytes() {
        return objectBytes;
    }

    String etag() {
        return etag;
    }

    int count() {
        return count;
    }

    /** The first {@link #count} of them count. */
    byte[] bytes() {
        return bytes;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        if (length > most - count) {
            throw new IOException("more than the " + most + " bytes that were asked for came");
        }
        if (length > bytes.length - count) {
            bytes = Arrays.copyOf(bytes, Math.max(count + length, Math.min(most, 2 * bytes.length)));
        }
        System.arraycopy(from, offset, bytes, count, length);
        count += length;
    }
}
