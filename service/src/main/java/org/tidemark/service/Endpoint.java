// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.Answers.Answer;
import org.tidemark.service.Answers.Kind;

/**
 * An HTTP server on a loopback address. It only reads what is in memory, and takes a bounded part of that: clients that
 * are slow, silent or many delay neither a look nor a task. Nobody has to log in, so every answer is for this host
 * alone: a page of another site in a browser here can neither ask under a name of its own nor read an answer.
 * Thread-safe.
 */
final class Endpoint implements AutoCloseable {
    /** One that says nothing for 5 s is closed. */
    private static final int MOST_CONNECTIONS = 4096;

    private static final int FEWEST_CONNECTIONS = 64;
    /** What a connection holds at most whose request has headers of full size and no end: measured by a test. */
    static final int BYTES_OF_A_CONNECTION = 50 << 10;

    /** The part of the heap that all connections may hold. */
    private static final int PART_OF_HEAP = 16;

    /** The part of the open files: tasks need some as well. */
    private static final int PART_OF_FILES = 8;

    /** {@code listen} and {@code metrics-listen}: either may begin later, and the limit is set once. */
    private static final int ENDPOINTS = 2;

    /** Of all headers of a request. */
    static final int HEADER_BYTES = 4096;

    /** The soft limit, which Java has raised to the hard one. */
    private static final Pattern OPEN_FILES = Pattern.compile("Max open files +([0-9]{1,18}) .*");

    private static final int BACKLOG = 256;
    /** Answers under way, which hold their bytes until the client has read them, 10 s at most. */
    private static final int AT_ONCE = 8;

    /** For an answer to end that others wait for. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final int CHUNK = 1 << 16;

    private static final int OK = 200;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int MISDIRECTED = 421;
    private static final int FAILED = 500;
    private static final int BUSY = 503;

    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Resource-Policy",
            "same-origin",
            "Cross-Origin-Opener-Policy",
            "same-origin",
            "Cache-Control",
            "no-store",
            // What is left of a request is not read (drainAmount), so no second one can follow it.
            "Connection",
            "close");

    private final Answers answers;
    private final Consumer<UserFacingException> observer;
    private final HttpServer server;
    private final ExecutorService threads;
    private final Set<String> hosts;
    private final Map<Kind, Semaphore> underWay = new EnumMap<>(Kind.class);

    /**
     * Begins to answer.
     *
     * @param setting the key that says so
     * @param observer is told of errors in the program itself
     * @throws UserFacingException if the address is in use
     */
    Endpoint(Address address, String setting, Answers answers, Consumer<UserFacingException> observer) {
        this.answers = answers;
        this.observer = observer;
        String port = ":" + address.port();
        this.hosts = Set.of("127.0.0.1" + port, "localhost" + port, "[::1]" + port);
        for (Kind kind : Kind.values()) {
            underWay.put(kind, new Semaphore(AT_ONCE));
        }
        limit();
        try {
            this.server = server(new InetSocketAddress(address.host(), address.port()));
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot listen on " + address.host() + port + ": " + e.getMessage(),
                    "Another program may use this port. Set " + setting + " to another one.",
                    e);
        }
        // A client that sends its request slowly keeps a thread; of these, there may be as many as connections.
        this.threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("http-", 0).factory());
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** A server that cannot bind leaves an open file, and three if it is stopped then. */
    private static HttpServer server(InetSocketAddress address) throws IOException {
        try (ServerSocketChannel free = ServerSocketChannel.open()) {
            free.bind(address);
        }
        return HttpServer.create(address, BACKLOG);
    }

    /** The server reads these once in the life of the process. Times are in seconds, but for the tick. */
    private static void limit() {
        System.setProperty("sun.net.httpserver.maxReqTime", "5");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        System.setProperty("sun.net.httpserver.idleInterval", "5");
        System.setProperty("sun.net.httpserver.clockTick", "1000");
        System.setProperty("sun.net.httpserver.maxReqHeaders", "32");
        System.setProperty("sun.net.httpserver.maxReqHeaderSize", Integer.toString(HEADER_BYTES));
        System.setProperty("sun.net.httpserver.drainAmount", "0");
        System.setProperty("jdk.httpserver.maxConnections", Integer.toString(mostConnections()));
    }

    /** Connections of one endpoint. */
    static int mostConnections() {
        return mostConnections(openFiles(), Runtime.getRuntime().maxMemory());
    }

    /**
     * The same by what the process may have.
     *
     * @param files open files
     * @param heap in bytes
     */
    static int mostConnections(long files, long heap) {
        long all = Math.min(files / PART_OF_FILES, heap / PART_OF_HEAP / BYTES_OF_A_CONNECTION);
        return Math.clamp(all, FEWEST_CONNECTIONS, MOST_CONNECTIONS) / ENDPOINTS;
    }

    /** 0 if the kernel does not say it. */
    private static long openFiles() {
        try {
            return Files.readAllLines(Path.of("/proc/self/limits")).stream()
                    .map(OPEN_FILES::matcher)
                    .filter(Matcher::matches)
                    .map(limit -> Long.parseLong(limit.group(1)))
                    .findFirst()
                    .orElse(0L);
        } catch (IOException e) {
            return 0;
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            HEADERS.forEach(exchange.getResponseHeaders()::set);
            try {
                route(exchange);
            } catch (RuntimeException e) {
                observer.accept(new UserFacingException(
                        ExitCode.INTERNAL, "a page cannot be shown: an error in the program itself: " + e, "", e));
                if (exchange.getResponseCode() < 0) {
                    refuse(exchange, FAILED, "an error in the program itself");
                }
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        if (!isForThisHost(exchange)) {
            refuse(exchange, MISDIRECTED, "unknown host");
            return;
        }
        Optional<Answer> answer = answers.at(
                Optional.ofNullable(exchange.getRequestURI().getRawPath()).orElse(""), header(exchange, "Accept"));
        // Before what is there and what is not: other sites are not told.
        if (isOfAnotherSite(exchange, answer.map(Answer::kind).orElse(Kind.PAGE))) {
            refuse(exchange, FORBIDDEN, "not for pages of other sites");
        } else if (answer.isEmpty()) {
            refuse(exchange, NOT_FOUND, "nothing is here");
        } else if (!Set.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            refuse(exchange, NOT_ALLOWED, "only GET and HEAD");
        } else {
            answer(exchange, answer.get());
        }
    }

    /**
     * A browser sends the name that its page has: only the names of this host are known. A request that gives an
     * address in its first line means that one.
     */
    private boolean isForThisHost(HttpExchange exchange) {
        List<String> given = exchange.getRequestHeaders().getOrDefault("Host", List.of());
        String authority = exchange.getRequestURI().getRawAuthority();
        return given.size() == 1
                && hosts.contains(given.getFirst())
                && (authority == null || hosts.contains(authority));
    }

    /** A browser says which page asks. That of another port of this host is of the same site, and another one. */
    private static boolean isOfAnotherSite(HttpExchange exchange, Kind kind) {
        String site = header(exchange, "Sec-Fetch-Site");
        boolean isOpened =
                kind == Kind.PAGE && header(exchange, "Sec-Fetch-Mode").equals("navigate");
        return !isOpened && !Set.of("", "none", "same-origin").contains(site);
    }

    private static String header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name)).orElse("");
    }

    private void answer(HttpExchange exchange, Answer answer) throws IOException {
        if (isHead(exchange)) {
            send(exchange, OK, answer.contentType(), answer.body());
            return;
        }
        Semaphore turns = underWay.get(answer.kind());
        try {
            if (turns == null || !turns.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                exchange.getResponseHeaders().set("Retry-After", "5");
                refuse(exchange, BUSY, "too many requests at the same time");
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            send(exchange, OK, answer.contentType(), answer.body());
        } finally {
            turns.release();
        }
    }

    private static boolean isHead(HttpExchange exchange) {
        return exchange.getRequestMethod().equals("HEAD");
    }

    private static void refuse(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", () -> (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** @param body is computed only if it is sent */
    private static void send(HttpExchange exchange, int status, String type, Supplier<byte[]> body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        if (isHead(exchange)) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        byte[] text = body.get();
        exchange.sendResponseHeaders(status, text.length);
        OutputStream out = exchange.getResponseBody();
        // The server makes buffers of three times of what it is given at once.
        for (int at = 0; at < text.length; at += CHUNK) {
            out.write(text, at, Math.min(CHUNK, text.length - at));
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
