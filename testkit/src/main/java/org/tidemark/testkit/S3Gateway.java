// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Stands before S3Mock, and makes of it a server that lacks something: it answers some requests by itself, and passes
 * the others on, with what goes and comes as the house has it. Conditional writes go one after the other, because
 * S3Mock looks first and writes then. It keeps the heads of all. Thread-safe.
 */
public final class S3Gateway implements AutoCloseable {
    /** What this house does differently. */
    public interface Rule {
        /** Nothing at all. */
        Rule NONE = new Rule() {};

        /** An answer of its own; empty for the server's. */
        default Optional<Answer> instead(Request request) {
            return Optional.empty();
        }

        /** What becomes of the bytes on their way to the server. */
        default byte[] up(Request request, byte[] body) {
            return body;
        }

        /** Whether the client sees a header of the server's answer. */
        default boolean shows(String header) {
            return true;
        }

        /** What the client sees of a header, whose name is in lower case. */
        default String shown(Request request, String header, String value) {
            return value;
        }
    }

    /** Names of headers without regard to case. */
    public record Request(String method, String path, String query, Map<String, String> headers) {
        /** Whether it sends bytes of an object, whole or in part. */
        public boolean isPutOfBytes() {
            return method.equals("PUT")
                    && (headers.containsKey("x-amz-decoded-content-length") || headers.containsKey("content-md5"));
        }

        /** Whether a checksum follows its bytes. */
        public boolean hasTrailer() {
            return headers.containsKey("x-amz-trailer");
        }
    }

    /** What it answers by itself. Immutable. */
    public record Answer(int status, String text) {
        /** An error as S3 writes it; without a code there is no body. */
        public static Answer error(int status, String code) {
            return new Answer(
                    status,
                    code.isEmpty()
                            ? ""
                            : "<?xml version=\"1.0\"?><Error><Code>" + code
                                    + "</Code><Message>said by the gateway</Message></Error>");
        }

        byte[] body() {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Which requests something is about. */
    public interface Which {
        boolean matches(Request request);
    }

    /** Answers some requests always the same. */
    public static Rule refusing(Which which, Answer answer) {
        return new Rule() {
            @Override
            public Optional<Answer> instead(Request request) {
                return which.matches(request) ? Optional.of(answer) : Optional.empty();
            }
        };
    }

    private final HttpServer server;
    private final int upstream;
    private final Rule rule;
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    private final ReentrantLock conditional = new ReentrantLock();

    private S3Gateway(HttpServer server, int upstream, Rule rule) {
        this.server = server;
        this.upstream = upstream;
        this.rule = rule;
    }

    /**
     * Opens one, on a port of its own.
     *
     * @param upstream the port of the server, on the loopback interface and without encryption
     */
    public static S3Gateway before(int upstream, Rule rule) {
        try {
            HttpServer listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            S3Gateway gateway = new S3Gateway(listening, upstream, rule);
            listening.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            listening.createContext("/", gateway::handle);
            listening.start();
            return gateway;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** All that came, in that order. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.getFirst()));
            URI uri = exchange.getRequestURI();
            Request request = new Request(
                    exchange.getRequestMethod(),
                    uri.getRawPath(),
                    Objects.requireNonNullElse(uri.getRawQuery(), ""),
                    headers);
            requests.add(request);
            byte[] body = exchange.getRequestBody().readAllBytes();
            Optional<Answer> answer = rule.instead(request);
            if (answer.isPresent()) {
                byte[] said = request.method().equals("HEAD")
                        ? new byte[0]
                        : answer.get().body();
                exchange.sendResponseHeaders(answer.get().status(), said.length == 0 ? -1 : said.length);
                exchange.getResponseBody().write(said);
                return;
            }
            if (!headers.containsKey("if-none-match")) {
                passOn(exchange, request, rule.up(request, body));
                return;
            }
            conditional.lock();
            try {
                passOn(exchange, request, rule.up(request, body));
            } finally {
                conditional.unlock();
            }
        }
    }

    private void passOn(HttpExchange exchange, Request request, byte[] body) throws IOException {
        URI target = URI.create("http://127.0.0.1:" + upstream + request.path()
                + (request.query().isEmpty() ? "" : "?" + request.query()));
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
        connection.setRequestMethod(request.method());
        request.headers().forEach((name, value) -> {
            if (!List.of("host", "content-length", "expect", "connection").contains(name.toLowerCase(Locale.ROOT))) {
                connection.setRequestProperty(name, value);
            }
        });
        if (request.method().equals("PUT") || request.method().equals("POST")) {
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(body.length);
            connection.getOutputStream().write(body);
        }
        int status = connection.getResponseCode();
        InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
        byte[] answer = in == null ? new byte[0] : in.readAllBytes();
        connection.getHeaderFields().forEach((name, values) -> {
            if (name != null
                    && !name.equalsIgnoreCase("transfer-encoding")
                    && rule.shows(name.toLowerCase(Locale.ROOT))) {
                exchange.getResponseHeaders()
                        .put(
                                name,
                                values.stream()
                                        .map(value -> rule.shown(request, name.toLowerCase(Locale.ROOT), value))
                                        .toList());
            }
        });
        boolean noBody = answer.length == 0 || request.method().equals("HEAD");
        exchange.sendResponseHeaders(status, noBody ? -1 : answer.length);
        if (!noBody) {
            exchange.getResponseBody().write(answer);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
