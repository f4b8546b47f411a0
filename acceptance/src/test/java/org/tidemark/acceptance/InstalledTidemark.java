// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.TemporaryTree;

/**
 * The program as it is installed, where PostgreSQL's user can read them; a checkout may be where only its owner can.
 * Thread-safe.
 */
public final class InstalledTidemark {
    private static final Path HOME = install(Path.of(System.getProperty("tidemark.root", ".")));

    private InstalledTidemark() {}

    /** Where its libraries are, in {@code lib}. */
    public static Path home() {
        return HOME;
    }

    /** The absolute path of the launcher. */
    public static Path launcher() {
        return HOME.resolve("bin/tidemark");
    }

    /**
     * The launcher for a server's archive_command and restore_command: the same script with the same libraries, whose
     * WAL commands run in a JVM that stays where this is no campaign.
     */
    public static Path walLauncher() {
        return ResidentJava.ofWal();
    }

    /** The jars of the class path of an installation, in the order of their names. */
    public static List<Path> jars(Path home) throws IOException {
        return files(home.resolve("lib"), ".jar");
    }

    /** As the build does; the launcher passes over a cache of classes that is newer or older than one of the jars. */
    public static void putOneTimeOnJarsAndCaches(Path home) throws IOException {
        FileTime time = FileTime.from(Instant.parse("2026-10-10T10:10:10Z"));
        List<Path> files = new ArrayList<>(jars(home));
        files.addAll(files(home, ".aot"));
        for (Path file : files) {
            Files.setLastModifiedTime(file, time);
        }
    }

    private static List<Path> files(Path directory, String ending) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    /**
     * Copies what a checkout has built to a place of its own, which is deleted when this process ends.
     *
     * @return its home
     */
    static Path install(Path checkout) {
        Path built = checkout.resolve("dist/target/tidemark");
        boolean earlier = !Files.exists(built);
        if (earlier) {
            built = checkout.resolve("cli/target/tidemark"); // before there was a module dist
        }
        if (!Files.isDirectory(built.resolve("lib"))) {
            throw new IllegalStateException("no '" + built + "': build the module dist with its package phase first");
        }
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-installed");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(directory)));
        Path home = directory.resolve("tidemark");
        try {
            TemporaryTree.copy(built, home);
            if (earlier) {
                TemporaryTree.copy(
                        checkout.resolve("tidemark"),
                        Files.createDirectory(home.resolve("bin")).resolve("tidemark"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        OperatingUser.current().own(directory);
        return home;
    }
}
