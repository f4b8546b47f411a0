// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockedFileTest {
    @TempDir
    private Path directory;

    @Test
    void aLockEndsWhenItIsClosed() throws Exception {
        Path file = directory.resolve("lock");
        try (LockedFile first = LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .orElseThrow()) {
            assertThat(LockedFile.take(file, StandardOpenOption.WRITE)).isEmpty();
            first.write("a longer text".getBytes(StandardCharsets.UTF_8));
            first.write("short".getBytes(StandardCharsets.UTF_8));
            assertThat(file).hasContent("short");
        }
        try (LockedFile again = LockedFile.take(file, StandardOpenOption.WRITE).orElseThrow()) {
            assertThat(again).isNotNull();
        }
    }

    /** To close a second descriptor of the file would give up the lock of the first one. */
    @Test
    void anAttemptOfTheSameProcessGivesNothingUp() throws Exception {
        Path file = directory.resolve("lock");
        try (LockedFile _ = LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .orElseThrow()) {
            String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
            assertThat(Files.readString(Path.of("/proc/locks"))).contains(inode);

            assertThat(LockedFile.take(file, StandardOpenOption.WRITE)).isEmpty();

            assertThat(Files.readString(Path.of("/proc/locks"))).contains(inode);
        }
    }

    /** serve looks at the same files as status, and has locked them. */
    @Test
    void whatIsLockedIsReadWithoutGivingItUp() throws Exception {
        Path file = directory.resolve("lock");
        try (LockedFile lock = LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .orElseThrow()) {
            lock.write("who has it\n".getBytes(StandardCharsets.UTF_8));

            assertThat(LockedFile.text(file)).isEqualTo("who has it\n");

            assertThat(Files.readString(Path.of("/proc/locks")))
                    .contains(":" + Files.getAttribute(file, "unix:ino") + " ");
            lock.append("and more\n".getBytes(StandardCharsets.UTF_8));
            assertThat(LockedFile.text(file)).isEqualTo("who has it\nand more\n");
        }
        assertThat(LockedFile.text(file)).isEqualTo("who has it\nand more\n");
        assertThatThrownBy(() -> LockedFile.text(directory.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void anotherProcessIsKeptOut() throws Exception {
        Path file = directory.resolve("lock");
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        file.toString())
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('x');
            assertThat(LockedFile.take(file, StandardOpenOption.WRITE)).isEmpty();
        } finally {
            other.destroyForcibly().waitFor();
        }
        try (LockedFile taken = LockedFile.take(file, StandardOpenOption.WRITE).orElseThrow()) {
            assertThat(taken).isNotNull();
        }
    }

    /** A process that holds a lock until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            try (LockedFile _ = LockedFile.take(
                            Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .orElseThrow()) {
                System.out.print("x");
                System.out.flush();
                Thread.sleep(600_000);
            }
        }
    }
}
