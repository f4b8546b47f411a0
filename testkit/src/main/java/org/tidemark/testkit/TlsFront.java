// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Ends TLS before a server that speaks without, with a certificate for 127.0.0.1 that nobody else trusts. Thread-safe.
 */
public final class TlsFront implements AutoCloseable {
    private static final String PASSWORD = "changeit";

    private final Path certificate;
    private final ServerSocket listener;

    private TlsFront(Path certificate, ServerSocket listener) {
        this.certificate = certificate;
        this.listener = listener;
    }

    /**
     * Its certificate is valid.
     *
     * @param directory for the keys and the certificate
     */
    public static TlsFront before(int port, Path directory)
            throws IOException, GeneralSecurityException, InterruptedException {
        return before(port, directory, "+0d");
    }

    /** Its certificate expired two days ago. No server is needed: no client should send it anything. */
    public static TlsFront expired(Path directory) throws IOException, GeneralSecurityException, InterruptedException {
        return before(FreePort.next(), directory, "-3d");
    }

    private static TlsFront before(int port, Path directory, String start)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path store = directory.resolve("keys.p12");
        Path certificate = directory.resolve("certificate.pem");
        keytool(
                "-genkeypair",
                "-alias",
                "front",
                "-keyalg",
                "EC",
                "-dname",
                "CN=front",
                "-ext",
                "san=ip:127.0.0.1",
                "-startdate",
                start,
                "-validity",
                "1",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "front",
                "-file",
                certificate.toString(),
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        TlsFront front = new TlsFront(
                certificate,
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        Thread.ofPlatform().daemon().start(() -> front.accept(port));
        return front;
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(printed);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    public Path certificate() {
        return certificate;
    }

    private void accept(int port) {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofPlatform().daemon().start(() -> serve((SSLSocket) client, port));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private static void serve(SSLSocket client, int port) {
        try (client) {
            client.startHandshake();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            Thread.ofPlatform().daemon().start(() -> pump(server, client));
            pump(client, server);
        } catch (IOException e) {
            // The client did not trust us, or went away.
        }
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // The other direction ended.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
