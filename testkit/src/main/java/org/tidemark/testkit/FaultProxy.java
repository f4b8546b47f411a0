// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server, and does to their connections what networks do. Faults are for connections that
 * are opened, and for bytes that flow, after they were set; {@link #heal} takes them back. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int MAX_HEAD_BYTES = 64 * 1024;

    private final ServerSocket listener;
    private final InetSocketAddress server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile NetworkFault fault = NetworkFault.NONE;
    private volatile int remaining;

    private FaultProxy(ServerSocket listener, InetSocketAddress server) {
        this.listener = listener;
        this.server = server;
    }

    /** In front of a port of the loopback interface. */
    public static FaultProxy to(int serverPort) {
        try {
            FaultProxy proxy = new FaultProxy(
                    new ServerSocket(0, 100, InetAddress.getLoopbackAddress()),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort));
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where clients connect. */
    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections were opened since the proxy was made. */
    public int connections() {
        return connections.get();
    }

    /** Every connection has this fault from now on. */
    public void set(NetworkFault next) {
        set(next, Integer.MAX_VALUE);
    }

    /** The next {@code count} connections have this fault, and those after them have none. */
    public synchronized void set(NetworkFault next, int count) {
        fault = next;
        remaining = count;
    }

    /** What follows flows freely; connections that hang go on hanging. */
    public void heal() {
        set(NetworkFault.NONE);
    }

    /** Closes every connection, as a server that goes down does. */
    public void cutAll() {
        open.forEach(FaultProxy::reset);
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cutAll();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                connections.incrementAndGet();
                NetworkFault its = takeFault();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client, its));
            } catch (IOException e) {
                // Closed, or one connection that went away while it was accepted.
            }
        }
    }

    private synchronized NetworkFault takeFault() {
        if (remaining == 0) {
            return NetworkFault.NONE;
        }
        remaining--;
        return fault;
    }

    private void serve(Socket client, NetworkFault its) {
        try (client) {
            if (!its.answer().isEmpty()) {
                readHead(client.getInputStream());
                client.getOutputStream().write(its.answer().getBytes(StandardCharsets.US_ASCII));
                client.shutdownOutput();
                drain(client);
                return;
            }
            try (Socket upstream = new Socket()) {
                upstream.connect(server, 10_000);
                open.add(upstream);
                client.setTcpNoDelay(true);
                upstream.setTcpNoDelay(true);
                Thread up = Thread.ofVirtual().start(() -> pump(client, upstream, its, its.up()));
                pump(upstream, client, its, its.down());
                up.join();
                open.remove(upstream);
            }
        } catch (IOException e) {
            reset(client);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
    }

    private void pump(Socket from, Socket to, NetworkFault its, NetworkFault.Direction direction) {
        byte[] buffer = new byte[BUFFER_BYTES];
        long passed = 0;
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                its.delayEach(count);
                direction.spoil(buffer, count, passed);
                int allowed = (int) Math.min(count, direction.cutAfter() - passed);
                out.write(buffer, 0, Math.max(allowed, 0));
                passed += count;
                if (passed > direction.cutAfter()) {
                    end(from, to, its);
                    return;
                }
            }
            to.shutdownOutput();
        } catch (IOException e) {
            reset(from);
            reset(to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** By a reset, by an orderly end, or not at all: both sides then wait for bytes that never come. */
    private void end(Socket from, Socket to, NetworkFault its) throws IOException, InterruptedException {
        switch (its.ending()) {
            case RESET -> {
                reset(from);
                reset(to);
            }
            case FINISH -> {
                from.close();
                to.close();
            }
            case SILENCE -> {
                while (!from.isClosed() && !to.isClosed() && !listener.isClosed()) {
                    Thread.sleep(50);
                }
            }
        }
    }

    /** With the lines of a request read first, a client does not take the answer for one to an older request. */
    private static void readHead(InputStream in) throws IOException {
        int seen = 0;
        int lineFeeds = 0;
        while (lineFeeds < 2 && seen++ < MAX_HEAD_BYTES) {
            int c = in.read();
            if (c < 0) {
                return;
            }
            lineFeeds = c == '\n' ? lineFeeds + 1 : c == '\r' ? lineFeeds : 0;
        }
    }

    /** What the client still sends would turn an early close into a reset that discards the answer. */
    private static void drain(Socket client) throws IOException {
        client.setSoTimeout(2_000);
        byte[] buffer = new byte[BUFFER_BYTES];
        InputStream in = client.getInputStream();
        while (in.read(buffer) >= 0) {
            // Not wanted.
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }
}
