// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Adobe's S3Mock, in a process of its own, once for each JVM of tests. It checks the checksums of uploads and keeps
 * what objects are stored with; it does not check signatures. Thread-safe.
 */
public final class S3Mock {
    private static final String JARS = "storage-backends/s3/target/server-jars";
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final SharedServer<S3Mock> SHARED = new SharedServer<>(S3Mock::new);

    private final int port = FreePort.next();
    private final int tlsPort = FreePort.next();

    private S3Mock() {
        Path jar = jar("s3mock-");
        try {
            Path home = TestDirectories.create("tidemark-s3mock");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(home)));
            List<String> command = List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-jar",
                    jar.toString(),
                    "--server.address=127.0.0.1",
                    "--server.port=" + tlsPort,
                    "--http.port=" + port,
                    "--logging.level.root=WARN",
                    "--com.adobe.testing.s3mock.store.root=" + Files.createDirectory(home.resolve("data")),
                    "--com.adobe.testing.s3mock.store.retain-files-on-exit=false");
            BackgroundServer.start(command, home.resolve("log"), Map.of()).awaitPort(port, START_LIMIT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Started when it is first asked for. */
    public static S3Mock shared() {
        return SHARED.get();
    }

    /** A library of the servers, which the module of the store fetches. */
    public static Path jar(String beginning) {
        Path directory =
                Path.of(System.getProperty("tidemark.root", ".")).resolve(JARS).toAbsolutePath();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> jars = Files.newDirectoryStream(directory, beginning + "*.jar")) {
                for (Path jar : jars) {
                    return jar;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return RequiredServer.file(
                directory.resolve(beginning), "mvn generate-test-resources -pl storage-backends/s3 -am");
    }

    /** Of the loopback interface, without encryption. */
    public int port() {
        return port;
    }

    /** With encryption. */
    public int tlsPort() {
        return tlsPort;
    }

    /** Makes a bucket, and returns its name. */
    public String newBucket() {
        String name = "bucket-" + UUID.randomUUID();
        put("/" + name, "");
        return name;
    }

    /** Lets a bucket keep every version of its objects. */
    public void keepVersions(String bucket) {
        put(
                "/" + bucket + "?versioning",
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    }

    private void put(String path, String body) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            connection.setRequestMethod("PUT");
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
            if (connection.getResponseCode() != 200) {
                throw new IllegalStateException("S3Mock answered " + connection.getResponseCode() + " to " + path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
