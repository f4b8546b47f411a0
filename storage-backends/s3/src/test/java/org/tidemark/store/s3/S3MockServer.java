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
import org.tidemark.testkit.TemporaryTree;

/**
 * Adobe's S3Mock, in a process of its own, once for each JVM of tests. It checks the checksums of uploads and keeps
 * what objects are stored with; it does not check signatures.
 */
final class S3MockServer {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private static final class Once {
        static final S3Server SERVER = start();
    }

    private S3MockServer() {}

    static S3Server get() {
        return Once.SERVER;
    }

    @SuppressWarnings("resource") // It ends with this JVM.
    private static S3Server start() {
        Path jar = S3Server.jar("s3mock-");
        try {
            Path home = Files.createTempDirectory("tidemark-s3mock");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(home)));
            int port = FreePort.next();
            int tlsPort = FreePort.next();
            List<String> command = List.of(
                    S3Server.java().toString(),
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
            String secret = "not-looked-at-by-this-server";
            return new S3Server(port, tlsPort, "anybody", S3Server.secretFile(secret), secret);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
