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
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Path directory;
    private final Api api;

    private GcsServer(boolean checksRoles) {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
            directory = Files.createTempDirectory("gcs");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        api = new Api(checksRoles, directory);
        http.createContext("/", new HttpCalls(api));
        http.setExecutor(threads);
        http.start();
    }

    /** A server without buckets, for everybody. */
    public static GcsServer start() {
        return new GcsServer(false);
    }

    /** A server without buckets, whose callers have the role of their {@link Role#token}. */
    public static GcsServer withRoles() {
        return new GcsServer(true);
    }

    public int port() {
        return http.getAddress().getPort();
    }

    /** The host for a client: {@code http://127.0.0.1:port}. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /** Makes a bucket. */
    public GcsServer withBucket(String name) {
        api.create(new Bucket(name, false, false));
        return this;
    }

    /** Makes a bucket whose objects can be locked. */
    public GcsServer withRetentionBucket(String name) {
        api.create(new Bucket(name, true, false));
        return this;
    }

    /** Makes a bucket that keeps what is replaced or deleted, and whose objects can be locked. */
    public GcsServer withVersionsBucket(String name) {
        api.create(new Bucket(name, true, true));
        return this;
    }

    /** Ends sessions that are not finished, as after their week: they answer 410 from now on. */
    public void expireSessions() {
        api.expireSessions();
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
