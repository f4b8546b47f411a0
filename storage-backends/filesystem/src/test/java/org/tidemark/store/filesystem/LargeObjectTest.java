// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.Rounds;

class LargeObjectTest {
    private static final int MEBIBYTE = 1024 * 1024;

    @TempDir
    Path root;

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the peak of memory is read in /proc")
    void aLargeObjectGoesAndComesInBoundedMemory() throws Exception {
        long bytes = (long) Rounds.of(64, 1024) * MEBIBYTE + 4711;
        List<String> arguments = List.of("file://" + root, Long.toString(bytes));

        assertThat(MeasuredProcess.peakKib(FileLargeObject.class, Map.of(), arguments))
                .as("KiB resident")
                .isLessThan(MeasuredProcess.MOST_KIB);
        assertThat(Files.size(root.resolve("main/large"))).isEqualTo(bytes);
    }
}
