// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.opentest4j.TestAbortedException;

/**
 * What a test needs of the machine besides a JDK and Maven. Where it is missing the test is skipped, with the reason
 * and what to install. Two environment variables change that: with {@code TIDEMARK_TEST_REQUIRE_SERVERS=true}, as on
 * the machine that decides what lands, the test fails; with {@code TIDEMARK_TEST_HIDE_SERVERS=true} nothing is found,
 * as on a machine that has nothing.
 */
public final class RequiredServer {
    private static final System.Logger LOG = System.getLogger(RequiredServer.class.getName());
    private static final List<String> PLACES =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

    private RequiredServer() {}

    /**
     * A program by its name, from the PATH or the usual places.
     *
     * @param install what brings it, such as {@code apt-get install rsync}
     */
    public static Path program(String name, String install) {
        return find(name).orElseThrow(() -> missing("there is no program '" + name + "'", install));
    }

    /** A file or a directory that something else must have put there. */
    public static Path file(Path path, String install) {
        if (areHidden() || !Files.exists(path)) {
            throw missing("there is no '" + path + "'", install);
        }
        return path;
    }

    /** Whether this build is to take the machine for an empty one. */
    static boolean areHidden() {
        return "true".equals(System.getenv("TIDEMARK_TEST_HIDE_SERVERS"));
    }

    public static Optional<Path> find(String name) {
        if (areHidden()) {
            return Optional.empty();
        }
        String path = System.getenv().getOrDefault("PATH", "");
        for (String directory : List.of(path.split(":", -1))) {
            Path program = Path.of(directory, name);
            if (!directory.isEmpty() && Files.isExecutable(program)) {
                return Optional.of(program);
            }
        }
        return PLACES.stream()
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** What to throw: a skip that says so, or a failure. */
    public static RuntimeException missing(String what, String install) {
        String message = what + ": skipped; to run it: " + install;
        if ("true".equals(System.getenv("TIDEMARK_TEST_REQUIRE_SERVERS"))) {
            throw new AssertionError(what + ", and no test of a store may be skipped here; to run it: " + install);
        }
        LOG.log(System.Logger.Level.WARNING, message);
        return new TestAbortedException(message);
    }
}
