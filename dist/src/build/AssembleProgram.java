// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * Makes the program as it is installed, in one directory: to the libraries, which are in {@code lib} already, come the
 * launcher, Java, and class caches; beside it, manual pages (docs/adr/0063-an-installation-brings-its-java.md).
 */
final class AssembleProgram {
    private AssembleProgram() {}

    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        Path home = Path.of(args[0]);
        Path sources = Path.of(args[1]);
        Path launcher = Files.createDirectories(home.resolve("bin")).resolve("tidemark");
        Files.copy(sources.resolve("launcher/tidemark"), launcher, StandardCopyOption.REPLACE_EXISTING);
        if (!launcher.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make '" + launcher + "' executable");
        }
        JavaRuntime.link(home.resolve("runtime"));
        for (Path jar : jars(home)) {
            ForeignParts.remove(jar);
            if (String.valueOf(jar.getFileName()).startsWith("picocli-")) {
                ModernClasses.writeAgain(jar);
            }
        }
        Manual.write(home.resolveSibling("manual"));
        TrainedCaches caches = new TrainedCaches(home, sources);
        putOneTimeOn(home, caches.time());
        if (!caches.arePresent()) {
            caches.forget();
            if (TrainCommands.train(home, caches.time())) {
                caches.keep();
            }
        }
    }

    /**
     * By it the launcher knows which caches and jars belong together, and so does the JVM, which also looks at the file
     * of its modules.
     */
    private static void putOneTimeOn(Path home, FileTime time) throws IOException {
        List<Path> files = new ArrayList<>(jars(home));
        files.add(home.resolve("runtime/lib/modules"));
        for (Path file : files) {
            Files.setLastModifiedTime(file, time);
        }
    }

    private static List<Path> jars(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("lib"))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }
}
