// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * Gives out a token for the signed request of a service account, as Google's does for whom it knows; this one does not
 * look at the signature. Thread-safe.
 */
public final class LoginServer implements AutoCloseable {
    private static final KeyPair KEYS = keys();

    private final HttpServer http;
    private volatile int status = 200;
    private volatile String token = "";

    /** Starts one on the loopback interface; it gives out nothing that is valid yet. */
    public LoginServer() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        http.createContext("/token", this::answer);
        http.start();
    }

    /** Every login gets this token from now on. */
    public void givesOut(String next) {
        status = 200;
        token = next;
    }

    /** Every login is answered with this status from now on. */
    public void refuses(int next) {
        status = next;
    }

    /** The key of a service account that asks here. */
    public String accountKey() {
        String key = Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(KEYS.getPrivate().getEncoded());
        String pem = "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n";
        return """
                {
                  "type": "service_account",
                  "project_id": "acme",
                  "private_key_id": "1",
                  "private_key": "%s",
                  "client_email": "tidemark@acme.iam.gserviceaccount.com",
                  "client_id": "1",
                  "token_uri": "http://127.0.0.1:%d/token"
                }
                """.formatted(pem.replace("\n", "\\n"), http.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            String body = status == 200
                    ? "{\"access_token\":\"" + token + "\",\"expires_in\":3600,\"token_type\":\"Bearer\"}"
                    : "{\"error\":\"invalid_grant\",\"error_description\":\"no\"}";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has RSA", e);
        }
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
