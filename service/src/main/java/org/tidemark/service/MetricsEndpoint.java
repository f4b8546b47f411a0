// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.Metrics.Form;

/** Answers Prometheus on a loopback address. It only reads what is in memory. Thread-safe. */
final class MetricsEndpoint implements AutoCloseable {
    private static final String PATH = "/metrics";
    /** A request that comes slowly keeps a thread as long as it may take. */
    private static final int MOST_CONNECTIONS = 32;

    private static final int BACKLOG = 16;
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int MISDIRECTED = 421;
    private static final int FAILED = 500;

    private final Metrics metrics;
    private final HttpServer server;
    private final ExecutorService threads;
    private final Set<String> hosts;

    /** @throws UserFacingException if the address is in use */
    MetricsEndpoint(Address address, Metrics metrics) {
        this.metrics = metrics;
        String port = ":" + address.port();
        this.hosts = Set.of("127.0.0.1" + port, "localhost" + port, "[::1]" + port);
        // In seconds; the server reads these once.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        System.setProperty("sun.net.httpserver.idleInterval", "5");
        System.setProperty("jdk.httpserver.maxConnections", Integer.toString(MOST_CONNECTIONS));
        try {
            this.server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), BACKLOG);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot listen on " + address.host() + port + ": " + e.getMessage(),
                    "Another program may use this port. Set service.metrics-listen to another one.",
                    e);
        }
        this.threads = Executors.newFixedThreadPool(
                MOST_CONNECTIONS,
                Thread.ofPlatform().daemon().name("metrics-", 0).factory());
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            // A page in a browser on this host must not read it under a name of its own.
            if (!hosts.contains(Optional.ofNullable(exchange.getRequestHeaders().getFirst("Host"))
                    .orElse(""))) {
                refuse(exchange, MISDIRECTED, "unknown host");
            } else if (!exchange.getRequestURI().getPath().equals(PATH)) {
                refuse(exchange, NOT_FOUND, "see " + PATH);
            } else if (!exchange.getRequestMethod().equals("GET")) {
                refuse(exchange, NOT_ALLOWED, "only GET");
            } else {
                Form form =
                        Form.of(Optional.ofNullable(exchange.getRequestHeaders().getFirst("Accept"))
                                .orElse(""));
                answer(exchange, form);
            }
        }
    }

    private void answer(HttpExchange exchange, Form form) throws IOException {
        byte[] text;
        try {
            text = metrics.text(form);
        } catch (RuntimeException e) {
            refuse(exchange, FAILED, "an error in the program itself: " + e);
            return;
        }
        send(exchange, OK, form.contentType(), text);
    }

    private static void refuse(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] text) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, text.length);
        exchange.getResponseBody().write(text);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
