// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestedModulesTest {
    @TempDir
    private Path root;

    @Test
    void theLinesOfEachModuleStandBesideThoseOfItsTests() throws IOException {
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        module("core", 400, 99);
        module("storage-backends/s3", 1000, 0);
        module("acceptance", 0, 30846);
        Files.createDirectory(root.resolve("docs"));

        assertThat(TestedModules.lines(root))
                .containsExactly(
                        "Lines of each module, and of its own tests:",
                        "      0   30846         acceptance",
                        "    400      99   24 %  core",
                        "   1000       0    0 %  storage-backends/s3",
                        "   1400   30945 2210 %  together");
    }

    private void module(String name, int main, int tests) throws IOException {
        Path module = Files.createDirectories(root.resolve(name));
        Files.writeString(module.resolve("pom.xml"), "<project/>");
        write(module.resolve("src/main/java/org/A.java"), main);
        write(module.resolve("src/main/resources/org/text.sh"), 7);
        write(module.resolve("src/test/java/org/ATest.java"), tests);
    }

    private static void write(Path file, int lines) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "line\n".repeat(lines));
    }
}
