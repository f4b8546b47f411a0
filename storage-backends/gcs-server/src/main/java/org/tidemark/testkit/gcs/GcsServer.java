// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A server that speaks the JSON API of Google Cloud Storage, over HTTP on the loopback interface, as far as the package
 * description says; 400 is its answer to everything else. What it keeps is gone when it is closed. Thread-safe.
 */
public final class GcsServer implements AutoCloseable {
    private static final int BACKLOG = 1000;

    private final HttpServer http;
    private final ExecutorService threads;
    private final Path directory;
    private final Buckets buckets;
    private final Sessions sessions;

    private GcsServer(HttpServer http, ExecutorService threads, Path directory, Buckets buckets, Sessions sessions) {
        this.http = http;
        this.threads = threads;
        this.directory = directory;
        this.buckets = buckets;
        this.sessions = sessions;
    }

    /** Without buckets, for everybody. */
    public static GcsServer start() {
        return start(GcsOptions.DEFAULTS);
    }

    /** Without buckets. */
    public static GcsServer start(GcsOptions options) {
        try {
            HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
            Path directory = Files.createTempDirectory("gcs");
            Buckets buckets = new Buckets();
            Sessions sessions = new Sessions();
            Uploads uploads = new Uploads(buckets, sessions, directory, options.memoryBytes());
            ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
            http.createContext("/", new HttpCalls(new Api(options.tokens(), buckets, uploads)));
            http.setExecutor(threads);
            http.start();
            return new GcsServer(http, threads, directory, buckets, sessions);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens. */
    public int port() {
        return http.getAddress().getPort();
    }

    /** What a client takes as its host: {@code http://127.0.0.1:port}. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /** A new bucket. */
    public GcsServer withBucket(String name) {
        buckets.create(name, false);
        return this;
    }

    /** A new bucket whose objects can have a retention. */
    public GcsServer withRetentionBucket(String name) {
        buckets.create(name, true);
        return this;
    }

    /** How many resumable sessions wait for more bytes. */
    public int openSessions() {
        return sessions.open();
    }

    /** As if their week were over: sessions that are not finished answer 410 from now on. */
    public void expireSessions() {
        sessions.expire();
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
        // A call that is still running could make another file.
        threads.close();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
