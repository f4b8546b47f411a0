// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.LockedFile;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.session.RunningService.Replaced;

class RunningServiceTest {
    @TempDir
    private Path directory;

    /** An installation as a package makes it, with a program in the place of Java. */
    private Path installed(String name, String version) throws IOException {
        Path home = Files.createDirectories(directory.resolve("versions").resolve(name));
        Files.createDirectories(home.resolve("runtime/bin"));
        Files.copy(Path.of("/bin/sleep").toRealPath(), home.resolve("runtime/bin/java"));
        Files.writeString(home.resolve("version"), version + "\n");
        return home;
    }

    private void use(Path home) throws IOException {
        Files.deleteIfExists(directory.resolve("current"));
        Files.createSymbolicLink(directory.resolve("current"), directory.relativize(home));
    }

    @Test
    void aProcessOfAVersionThatAPackageHasReplacedIsToldFromOneThatIsInstalled() throws Exception {
        Path old = installed("0.2.0-1", "0.2.0");
        use(old);
        Process process = new ProcessBuilder(old.resolve("runtime/bin/java").toString(), "60").start();
        try {
            assertThat(replaced(process)).isEmpty();

            use(installed("0.2.0-2", "0.2.0"));
            Files.writeString(old.resolve("replaced"), "");
            assertThat(replaced(process)).isEmpty();

            use(installed("0.2.1-3", "0.2.1"));

            assertThat(replaced(process)).contains(new Replaced("0.2.0", "0.2.1"));
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(replaced(process)).isEmpty();
    }

    private static Optional<Replaced> replaced(Process process) {
        return Replaced.of(RunningProcess.parse(process.pid() + " 1").orElseThrow());
    }

    @Test
    void thisJavaWasInstalledByNoPackage() throws IOException {
        Path spool = Files.createDirectory(directory.resolve("spool"));
        Path file = RunningService.file(spool);
        Files.createDirectories(file.resolveSibling("."));
        try (LockedFile lock = LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .orElseThrow()) {
            lock.write(RunningService.text(RunningProcess.self()));

            assertThat(RunningService.in(spool)).contains(new RunningService(RunningProcess.self(), Optional.empty()));
        }
    }
}
