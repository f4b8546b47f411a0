// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The programs of one installation of PostgreSQL. Immutable.
 *
 * @param bin the directory with initdb, pg_ctl and postgres
 */
public record ServerPrograms(Path bin) {
    private static final int OLDEST_MAJOR = 13;
    private static final int NEWEST_MAJOR = 18;
    private static final Path ROOT = Path.of("/");

    /** Where the packages of Debian and of the PostgreSQL project for Red Hat put the programs. */
    private static final List<String> PACKAGED = List.of("usr/lib/postgresql/%d/bin", "usr/pgsql-%d/bin");

    /** The path of a program. */
    public String program(String name) {
        return bin.resolve(name).toString();
    }

    /** The newest supported installation of this host. */
    public static Optional<ServerPrograms> find() {
        return Stream.concat(
                        IntStream.iterate(NEWEST_MAJOR, major -> major >= OLDEST_MAJOR, major -> major - 1)
                                .boxed()
                                .flatMap(major -> packaged(ROOT, major)),
                        Arrays.stream(Optional.ofNullable(System.getenv("PATH"))
                                        .orElse("")
                                        .split(":", -1))
                                .filter(directory -> directory.startsWith("/"))
                                .map(Path::of))
                .filter(ServerPrograms::isComplete)
                .findFirst()
                .map(ServerPrograms::new);
    }

    /** The installation of a major version, by its package. */
    public static Optional<ServerPrograms> find(int major) {
        return packaged(ROOT, major)
                .filter(ServerPrograms::isComplete)
                .findFirst()
                .map(ServerPrograms::new);
    }

    /**
     * One program of a major version, by its package.
     *
     * @param root below which the packages are looked for
     */
    public static Optional<Path> find(Path root, int major, String program) {
        return packaged(root, major)
                .map(bin -> bin.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The installation in a directory; empty if it does not hold all of initdb, pg_ctl and postgres. */
    public static Optional<ServerPrograms> in(Path bin) {
        return Optional.of(bin).filter(ServerPrograms::isComplete).map(ServerPrograms::new);
    }

    private static boolean isComplete(Path bin) {
        return Stream.of("initdb", "pg_ctl", "postgres").allMatch(name -> Files.isExecutable(bin.resolve(name)));
    }

    private static Stream<Path> packaged(Path root, int major) {
        return PACKAGED.stream().map(directory -> root.resolve(directory.replace("%d", Integer.toString(major))));
    }
}
