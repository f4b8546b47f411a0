// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.Rounds;

class MemoryTest {
    private static final long LIMIT_KIB = 200 * 1024;

    @TempDir
    Path directory;

    /** Everything that the process had in memory at its worst moment: heap, classes, code, buffers. */
    @Test
    void aLargeObjectIsPutAndReadInLittleMemory() throws Exception {
        int mebibytes = Rounds.of(64, 5 * 1024);
        S3Server server = S3ProxyServer.get();
        Path result = directory.resolve("result");
        Path log = directory.resolve("log");
        Process process = new ProcessBuilder(List.of(
                        S3Server.java().toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx96m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LargeObjectProcess.class.getName(),
                        "http://127.0.0.1:" + server.port(),
                        server.keyId(),
                        server.secretFile().toString(),
                        server.newBucket(),
                        Long.toString((long) mebibytes << 20),
                        result.toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(LargeObjectProcess.limit(mebibytes).toSeconds(), TimeUnit.SECONDS))
                    .as("ended in time")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Long.parseLong(Files.readString(result)))
                .as("KiB for an object of %d MiB", mebibytes)
                .isLessThan(LIMIT_KIB);
    }
}
