// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;

class LargeObjectTest {
    private static final int MEBIBYTE = 1024 * 1024;
    private static final long MOST_KIBIBYTES = 200 * 1024;

    @Test
    void anObjectThatIsLargerThanTheHeapIsStoredAndReadInLittleMemory() throws IOException, InterruptedException {
        long sizeBytes = (long) Rounds.of(64, 1024) * MEBIBYTE;
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx48m",
                        "-XX:MaxDirectMemorySize=32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LargeObject.class.getName(),
                        "gs://" + ServedBucket.newBucket(),
                        ServedBucket.server().endpoint().toString(),
                        Long.toString(sizeBytes)))
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(printed).isZero();
        assertThat(printed.strip()).matches("[0-9]+");
        System.getLogger(LargeObjectTest.class.getName())
                .log(System.Logger.Level.INFO, sizeBytes + " bytes in " + printed.strip() + " KiB");
        assertThat(Long.parseLong(printed.strip())).isLessThan(MOST_KIBIBYTES);
    }
}
