// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.S3Mock;
import org.tidemark.testkit.SharedServer;
import org.tidemark.testkit.TemporaryTree;
import org.tidemark.testkit.TestDirectories;

/**
 * S3Proxy in front of a directory, in a process of its own, once for each JVM of tests. It checks signatures; it does
 * not keep tags, storage classes and the like.
 */
final class S3ProxyServer {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private static final SharedServer<S3Server> SERVER = new SharedServer<>(S3ProxyServer::start);

    private S3ProxyServer() {}

    static S3Server get() {
        return SERVER.get();
    }

    @SuppressWarnings("resource") // It ends with this JVM.
    private static S3Server start() {
        // Its own copy of these classes is too old for another of its libraries, so a newer one comes first.
        String classPath = S3Mock.jar("jackson-annotations-") + ":" + S3Mock.jar("s3proxy-");
        try {
            Path home = TestDirectories.create("tidemark-s3proxy");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(home)));
            int port = FreePort.next();
            String secret = "Only-0ne-Secret/of+the=tests";
            Path settings = Files.write(
                    home.resolve("s3proxy.properties"),
                    List.of(
                            "s3proxy.endpoint=http://127.0.0.1:" + port,
                            "s3proxy.authorization=aws-v2-or-v4",
                            "s3proxy.identity=tester",
                            "s3proxy.credential=" + secret,
                            "jclouds.provider=filesystem-nio2",
                            "jclouds.filesystem.basedir=" + Files.createDirectory(home.resolve("data")),
                            "jclouds.identity=unused",
                            "jclouds.credential=unused"));
            List<String> command = List.of(
                    S3Server.java().toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    classPath,
                    "org.gaul.s3proxy.Main",
                    "--properties",
                    settings.toString());
            BackgroundServer.start(command, home.resolve("log"), Map.of("LOG_LEVEL", "WARN"))
                    .awaitPort(port, START_LIMIT);
            return new S3Server(port, 0, "tester", S3Server.secretFile(secret), secret);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
