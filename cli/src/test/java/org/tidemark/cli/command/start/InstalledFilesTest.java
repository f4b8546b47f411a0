// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;

class InstalledFilesTest {
    @TempDir
    private Path home;

    @BeforeEach
    void install() throws IOException {
        Files.writeString(home.resolve("version"), "0.1.0~first\n");
        list(home, "lib/a.jar", "lib/b.jar", "version");
        list(home.resolve("lib/stores/azure"), "store.jar");
    }

    /** As sha256sum does, with files that have their names as their content, but for those that exist. */
    private static void list(Path directory, String... files) throws IOException {
        StringBuilder list = new StringBuilder();
        for (String name : files) {
            Path file = directory.resolve(name);
            Files.createDirectories(file.getParent());
            if (!Files.exists(file)) {
                Files.writeString(file, name);
            }
            list.append(Sha256.of(Files.readAllBytes(file)).hex())
                    .append("  ./")
                    .append(name)
                    .append('\n');
        }
        Files.writeString(directory.resolve("files.sha256"), list, StandardCharsets.UTF_8);
    }

    @Test
    void eachFileIsAsItWasPacked() {
        assertThat(InstalledFiles.compare(home))
                .isEqualTo(new InstalledFiles(home, "0.1.0~first", 4, List.of(), List.of(), List.of()))
                .matches(InstalledFiles::complete);
    }

    @Test
    void whatIsMissingChangedOrAddedIsNamed() throws IOException {
        Files.delete(home.resolve("lib/a.jar"));
        Files.writeString(home.resolve("lib/c.jar"), "of nobody");
        Files.writeString(home.resolve("lib/stores/azure/store.jar"), "another store");

        assertThat(InstalledFiles.compare(home))
                .isEqualTo(new InstalledFiles(
                        home,
                        "0.1.0~first",
                        2,
                        List.of("lib/a.jar"),
                        List.of("lib/stores/azure/store.jar"),
                        List.of("lib/c.jar")))
                .matches(files -> !files.complete());
    }

    @Test
    void withoutAListNothingCanBeSaid() throws IOException {
        Files.delete(home.resolve("files.sha256"));

        assertThatThrownBy(() -> InstalledFiles.compare(home))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessageContaining("was not installed from a package");
    }
}
