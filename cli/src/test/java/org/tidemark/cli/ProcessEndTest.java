// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.process.ProcessEnd;
import org.tidemark.core.ExitHooks;

class ProcessEndTest {
    /** A process that ends; its arguments say how. */
    static final class Ending {
        private Ending() {}

        public static void main(String[] arguments) {
            Thread hook = new Thread(() -> System.out.print("removed"));
            if (arguments[0].startsWith("hook")) {
                ExitHooks.add(hook);
            }
            if (arguments[0].equals("hook and not")) {
                ExitHooks.remove(hook);
            }
            System.out.print("ends; ");
            ProcessEnd.exit(65);
        }
    }

    @TempDir
    private Path directory;

    @Test
    void theStatusIsToldWithoutALogger() throws Exception {
        assertThat(end("nothing")).isEqualTo("ends; 65");
        assertThat(loaded()).doesNotContain("System$LoggerFinder");

        assertThat(end("hook and not")).isEqualTo("ends; 65");
        assertThat(loaded()).doesNotContain("System$LoggerFinder");
    }

    @Test
    void whatIsLeftToRemoveIsRemoved() throws Exception {
        assertThat(end("hook")).isEqualTo("ends; removed65");
    }

    private String loaded() throws IOException {
        return Files.readString(directory.resolve("loaded"));
    }

    private String end(String how) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load:file=" + directory.resolve("loaded"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Ending.class.getName(),
                        how))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output + process.waitFor();
    }
}
