// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes where the JDK is that runs this, on one line: the build runs it with the JDK of the toolchain. */
final class RecordJavaHome {
    private RecordJavaHome() {}

    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, System.getProperty("java.home") + "\n", StandardCharsets.UTF_8);
    }
}
