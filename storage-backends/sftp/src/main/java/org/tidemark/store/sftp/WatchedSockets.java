// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.SocketFactory;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Makes the one socket of a connection, notices when something comes through it, and can close it at any moment, also
 * while it is being connected. Thread-safe.
 */
final class WatchedSockets implements SocketFactory {
    private final Duration connectLimit;
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean broken;
    private @Nullable Socket socket;
    private boolean closed;

    WatchedSockets(Duration connectLimit) {
        this.connectLimit = connectLimit;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        IOException failure = new SocketException("no address of '" + host + "' can be connected to");
        for (InetAddress address : InetAddress.getAllByName(host)) {
            Socket next = new Socket();
            keep(next);
            try {
                next.connect(new InetSocketAddress(address, port), (int) Math.min(connectLimit.toMillis(), 600_000));
                heardNanos = System.nanoTime();
                return next;
            } catch (IOException e) {
                next.close();
                failure = e;
            }
        }
        broken = true;
        throw failure;
    }

    private synchronized void keep(Socket next) throws IOException {
        if (closed) {
            throw new SocketException("given up before it was connected");
        }
        socket = next;
    }

    @Override
    public InputStream getInputStream(Socket of) throws IOException {
        return new Watched(of.getInputStream());
    }

    @Override
    public OutputStream getOutputStream(Socket of) throws IOException {
        return of.getOutputStream();
    }

    /** When the last byte came, as {@link System#nanoTime} has it. */
    long heardNanos() {
        return heardNanos;
    }

    /** Whether the other side ended the connection, or it broke. */
    boolean isBroken() {
        return broken;
    }

    /** Ends whatever waits for the socket. */
    synchronized void close() {
        closed = true;
        broken = true;
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is not used any more.
            }
        }
    }

    /** Not thread-safe. */
    private final class Watched extends FilterInputStream {
        Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                int count = super.read(into, offset, length);
                heardNanos = System.nanoTime();
                broken |= count < 0;
                return count;
            } catch (IOException e) {
                broken = true;
                throw e;
            }
        }
    }
}
