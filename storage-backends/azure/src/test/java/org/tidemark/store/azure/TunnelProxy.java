// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP proxy that does what CONNECT asks for, and nothing else. Thread-safe. */
final class TunnelProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final AtomicInteger tunnels = new AtomicInteger();

    TunnelProxy() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    String address() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    int tunnels() {
        return tunnels.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            String request = head(client.getInputStream());
            if (!request.startsWith("CONNECT ")) {
                client.getOutputStream()
                        .write("HTTP/1.1 405 Tunnels Alone\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                return;
            }
            String target = request.split(" ", 3)[1];
            int colon = target.lastIndexOf(':');
            try (Socket server =
                    new Socket(target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)))) {
                tunnels.incrementAndGet();
                client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                Thread.ofVirtual().start(() -> pump(client, server));
                pump(server, client);
            }
        } catch (IOException e) {
            // The client sees its connection end.
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("no whole request");
            }
            head.append((char) c);
        }
        return head.toString();
    }

    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // Either side has gone.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
