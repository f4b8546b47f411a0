// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every step of the benchmark, at a size that takes no time. */
class ScaleBenchmarkTest {
    @TempDir
    Path directory;

    @Test
    void everyStepWorks() throws IOException {
        ScaleBenchmark benchmark = new ScaleBenchmark(directory, 1000, 2);

        assertThat(benchmark.run("sizes")).startsWith("1 parts, ");
        assertThat(benchmark.run("write")).isEqualTo("1000 files, 1 GiB");
        assertThat(benchmark.run("write-changed")).isEqualTo("1000 files, 1 GiB");
        assertThat(benchmark.run("read")).isEqualTo("2000 pieces");
        assertThat(benchmark.run("diff")).matches("[1-9]\\d? pieces of \\d+ files are changed");
    }

    @Test
    void descriptionsCanBeListed() throws IOException {
        ScaleBenchmark benchmark = new ScaleBenchmark(directory, 100, 1);

        assertThat(benchmark.run("describe")).isEqualTo("100 backups");
        assertThat(SimulatedRepository.at(directory.resolve("repository"), directory)
                        .catalog()
                        .list())
                .hasSize(100);
    }
}
