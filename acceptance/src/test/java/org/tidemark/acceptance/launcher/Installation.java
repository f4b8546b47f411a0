// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.OperatingUser;

/**
 * An installation of its own that a test may break, and a directory that looks like a data directory to the launcher.
 * Not thread-safe.
 */
final class Installation {
    private static final int LIMIT_SECONDS = 180;

    private final Path directory;
    private final Path data;

    Installation(Path directory) throws IOException {
        this(directory, true);
    }

    private Installation(Path directory, boolean built) throws IOException {
        this.directory = directory;
        if (built) {
            copy(InstalledTidemark.home().resolve("lib"), directory.resolve("lib"));
        }
        useJava(InstalledTidemark.home().resolve("runtime"));
        Files.createSymbolicLink(
                directory.resolve("native"), InstalledTidemark.home().resolve("native"));
        Path launcher = Files.createDirectories(directory.resolve("bin")).resolve("tidemark");
        Files.copy(InstalledTidemark.launcher(), launcher);
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = Files.createDirectories(directory.resolve("data"));
        Files.createDirectories(data.resolve("pg_wal"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        OperatingUser.current().own(directory);
    }

    /** Without any library, so that no Java can start. */
    static Installation notBuilt(Path directory) throws IOException {
        return new Installation(directory, false);
    }

    Path home() {
        return directory;
    }

    /** Lets the launcher find another Java, or what looks like one: {@code bin/java} in this directory. */
    void useJava(Path runtime) throws IOException {
        Files.deleteIfExists(directory.resolve("runtime"));
        Files.createSymbolicLink(directory.resolve("runtime"), runtime);
    }

    Path data() {
        return data;
    }

    void put(String name, String content) throws IOException {
        Files.writeString(data.resolve(name), content);
    }

    void removeJar(String prefix) throws IOException {
        for (Path jar : jars()) {
            if (String.valueOf(jar.getFileName()).startsWith(prefix)) {
                Files.delete(jar);
            }
        }
    }

    /** In the order of their names. */
    List<Path> jars() throws IOException {
        return InstalledTidemark.jars(directory);
    }

    void putOneTimeOnJarsAndCaches() throws IOException {
        InstalledTidemark.putOneTimeOnJarsAndCaches(directory);
    }

    /**
     * Compiles a class and puts it in the jar that holds another of this name, as a newer build would.
     *
     * @param name with slashes
     */
    void replaceClass(String name, String source) throws IOException {
        Path sources = Files.createDirectories(directory.resolve("newer"));
        Path file = sources.resolve(name.substring(name.lastIndexOf('/') + 1) + ".java");
        Files.writeString(file, source);
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", sources.toString(), file.toString());
        if (status != 0) {
            throw new IllegalArgumentException("cannot compile '" + name + "'");
        }
        for (Path jar : jars()) {
            try (FileSystem content = FileSystems.newFileSystem(jar)) {
                Path old = content.getPath(name + ".class");
                if (Files.exists(old)) {
                    Files.copy(sources.resolve(name + ".class"), old, StandardCopyOption.REPLACE_EXISTING);
                    return;
                }
            }
        }
        throw new IllegalStateException("no jar holds '" + name + "'");
    }

    /** How the launcher ended. */
    record Outcome(int status, String output) {}

    /** Runs the launcher as PostgreSQL would: in the data directory, with hardly an environment. */
    Outcome run(List<String> wrapper, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        return outcome(start(wrapper, environment, arguments));
    }

    /** The same in another directory, such as the data directory of a real server. */
    Outcome runIn(Path workingDirectory, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        return outcome(start(workingDirectory, List.of(), environment, arguments));
    }

    private Outcome outcome(Process process) throws IOException, InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("the launcher did not end within " + LIMIT_SECONDS + " s");
        }
        return new Outcome(process.exitValue(), Files.readString(output(), StandardCharsets.UTF_8));
    }

    Process start(List<String> wrapper, Map<String, String> environment, String... arguments) throws IOException {
        return start(data, wrapper, environment, arguments);
    }

    private Process start(
            Path workingDirectory, List<String> wrapper, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.add(directory.resolve("bin/tidemark").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output().toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.environment().put("HOME", directory.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private Path output() {
        return directory.resolve("output");
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
