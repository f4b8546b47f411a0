// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;
import org.tidemark.testkit.SwiftServer;

class LargeObjectTest {
    private static final int MEBIBYTE = 1024 * 1024;
    private static final long LIMIT_KIB = 200 * 1024;

    /** In segments, and in one request. */
    @ParameterizedTest
    @ValueSource(strings = {"16MiB", "5GiB"})
    void anObjectThatIsLargerThanTheHeapIsStoredAndReadInLittleMemory(String segmentSize) throws Exception {
        long sizeBytes = (long) Rounds.of(64, 1024) * MEBIBYTE;
        String container = SwiftServer.shared().newContainer();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx48m",
                "-XX:MaxDirectMemorySize=16m",
                "-cp",
                System.getProperty("java.class.path"),
                LargeObject.class.getName(),
                "swift://" + container,
                "" + sizeBytes));
        SwiftStores.options(SwiftServer.WRITER, "segment-size", segmentSize)
                .forEach((name, value) -> command.addAll(List.of(name, value)));

        String printed = run(command);

        assertThat(printed).matches("[0-9]+\\s*");
        long peakKib = Long.parseLong(printed.strip());
        System.getLogger(LargeObjectTest.class.getName())
                .log(
                        System.Logger.Level.INFO,
                        "{0} MiB in segments of {1}: {2} KiB of memory",
                        sizeBytes / MEBIBYTE,
                        segmentSize,
                        peakKib);
        assertThat(peakKib).isLessThan(LIMIT_KIB);
        try (ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER)) {
            assertThat(store.stat(StoreAccess.key("main/large")).orElseThrow().sizeBytes())
                    .isEqualTo(sizeBytes);
            store.delete(List.of(StoreAccess.key("main/large")));
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed;
    }
}
