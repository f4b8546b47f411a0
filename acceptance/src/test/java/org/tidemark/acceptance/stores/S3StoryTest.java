// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.S3Mock;

/** S3Proxy in front of a directory: it checks signatures. */
class S3StoryTest extends StoreStory {
    private static final String SECRET = "Only-0ne-Secret/of+the=story";

    @TempDir
    private Path home;

    @Override
    protected StoreHost startHost() throws IOException {
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
        BackgroundServer server = BackgroundServer.start(command, home.resolve("log"), Map.of("LOG_LEVEL", "WARN"))
                .awaitPort(port, Duration.ofMinutes(2));
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                return new StoreSite(
                        "s3://backups/production",
                        Map.of(
                                "endpoint",
                                "http://127.0.0.1:" + port,
                                "access-key-id",
                                "tester",
                                "secret-access-key-file",
                                SiteFile.secret(directory, "s3-secret", SECRET)),
                        List.of(SECRET));
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
