// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;

/** A proxy that knows CONNECT, for those who have its password. Thread-safe. */
final class ConnectProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String authorization;
    private final AtomicInteger tunnels = new AtomicInteger();

    private ConnectProxy(ServerSocket listener, String authorization) {
        this.listener = listener;
        this.authorization = authorization;
    }

    static ConnectProxy start(String user, String password) throws IOException {
        String code = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        ConnectProxy proxy = new ConnectProxy(
                new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "Proxy-Authorization: Basic " + code);
        Thread.ofVirtual().start(proxy::accept);
        return proxy;
    }

    int port() {
        return listener.getLocalPort();
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
                // Closed, or a client that went away.
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            String head = head(client.getInputStream());
            OutputStream out = client.getOutputStream();
            if (!head.contains(authorization)) {
                out.write("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                return;
            }
            String target = head.split(" ", 3)[1];
            int colon = target.lastIndexOf(':');
            try (Socket server =
                    new Socket(target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)))) {
                tunnels.incrementAndGet();
                out.write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                Thread up = Thread.ofVirtual().start(() -> pass(client, server));
                pass(server, client);
                up.join();
            }
        } catch (IOException e) {
            // One of the two went away.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0 && head.length() < 10_000) {
            head.append((char) in.read());
        }
        return head.toString();
    }

    private static void pass(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // The other direction notices as well.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
