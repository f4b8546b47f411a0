// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.S3Mock;

/** A process of S3Proxy in front of a directory, with one bucket. It checks signatures. */
public final class S3ProxyProcess implements AutoCloseable {
    static final String SECRET = "Only-0ne-Secret/of+the=story";

    private final int port;
    private final BackgroundServer server;

    private S3ProxyProcess(int port, BackgroundServer server) {
        this.port = port;
        this.server = server;
    }

    /**
     * Starts one.
     *
     * @param home an empty directory, which holds the objects
     */
    public static S3ProxyProcess start(Path home) throws IOException {
        int port = FreePort.next();
        Files.createDirectories(home.resolve("data/backups"));
        Path settings = Files.write(
                home.resolve("s3proxy.properties"),
                List.of(
                        "s3proxy.endpoint=http://127.0.0.1:" + port,
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=tester",
                        "s3proxy.credential=" + SECRET,
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.filesystem.basedir=" + home.resolve("data"),
                        "jclouds.identity=unused",
                        "jclouds.credential=unused"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                // Its own copy of the annotations is too old for another of its libraries, so a newer one comes first.
                S3Mock.jar("jackson-annotations-") + ":" + S3Mock.jar("s3proxy-"),
                "org.gaul.s3proxy.Main",
                "--properties",
                settings.toString()));
        return new S3ProxyProcess(
                port,
                BackgroundServer.start(command, home.resolve("log"), Map.of("LOG_LEVEL", "WARN"))
                        .awaitPort(port, Duration.ofMinutes(2)));
    }

    /** The address of a repository. */
    public String url(String folder) {
        return "s3://backups/" + folder;
    }

    /**
     * The options of a repository.
     *
     * @param directory for the file with the secret; the operating user must be able to read it
     */
    public Map<String, String> options(Path directory) throws IOException {
        return Map.of(
                "endpoint",
                "http://127.0.0.1:" + port,
                "access-key-id",
                "tester",
                "secret-access-key-file",
                SiteFile.secret(directory, "s3-secret", SECRET));
    }

    /** The tables of a configuration for a repository. */
    public String toml(String name, String folder, Path directory) throws IOException {
        return new StoreSite(url(folder), options(directory), List.of()).toml(name);
    }

    @Override
    public void close() {
        server.close();
    }
}
