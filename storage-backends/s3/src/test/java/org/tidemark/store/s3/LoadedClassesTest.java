// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.S3Mock;

/**
 * What a WAL command does without is not loaded from a server without TLS: it would cost every segment its start-up.
 */
@InTurn
class LoadedClassesTest {
    @TempDir
    private Path work;

    @Test
    void aShortProcessLoadsNoTlsNoPollerOfSocketsAndLinksNoRecords() throws Exception {
        S3Mock server = S3Mock.shared();
        Path log = work.resolve("classes");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load:file=" + log + ":none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PutAndRead.class.getName(),
                        server.newBucket(),
                        "http://127.0.0.1:" + server.port(),
                        Files.writeString(work.resolve("secret"), "any").toString())
                .inheritIO()
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();

        try (Stream<String> lines = Files.lines(log)) {
            List<String> loaded = lines.map(line -> line.split(" ", 2)[0]).toList();
            assertThat(loaded)
                    .contains("software.amazon.awssdk.services.s3.DefaultS3Client")
                    .doesNotContain(
                            "javax.net.ssl.SSLContext",
                            "sun.nio.ch.Poller",
                            "java.lang.runtime.SwitchBootstraps",
                            "java.lang.runtime.ObjectMethods");
        }
    }

    /** Stores an object and reads it. */
    static final class PutAndRead {
        public static void main(String[] args) throws Exception {
            BoundedCall.processEndsSoon(true);
            ObjectStore store = new S3StoreProvider()
                    .open(
                            URI.create("s3://" + args[0]),
                            Map.of(
                                    "endpoint", args[1],
                                    "access-key-id", "any",
                                    "secret-access-key-file", args[2]));
            ObjectKey key = new ObjectKey("main/object");
            store.putIfAbsent(key, ObjectSource.of(new byte[300_000]));
            try (InputStream in = store.open(key, ByteRange.ALL)) {
                if (in.readAllBytes().length != 300_000) {
                    throw new IllegalStateException("other bytes");
                }
            }
        }

        private PutAndRead() {}
    }
}
