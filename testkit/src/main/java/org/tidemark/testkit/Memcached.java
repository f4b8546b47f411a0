// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What tests ask of a memcached, in its text protocol. */
final class Memcached {
    private static final byte[] DONE = "OK\r\n".getBytes(StandardCharsets.US_ASCII);

    private Memcached() {}

    /** Forgets everything. */
    static void flush(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("flush_all\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(DONE.length);
            if (!Arrays.equals(answer, DONE)) {
                throw new IllegalStateException("memcached answered: " + new String(answer, StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
