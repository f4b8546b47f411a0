// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.tidemark.config.Configuration.HostSettings;

/** Where this host's own files lie: acknowledgements, caches, what is remembered of repositories. */
public final class SpoolDirectory {
    private SpoolDirectory() {}

    /**
     * The configured one; else /var/spool/tidemark where it can be written, else {@code DATA-DIRECTORY.tidemark} beside
     * the data directory where that can be, else tidemark below $XDG_STATE_HOME; but first of all one of these in which
     * something was kept for a late repository. It need not exist; {@link #make} makes it.
     */
    public static Path find(HostSettings host, Optional<Path> dataDirectory, Environment environment) {
        return host.spool().isPresent() ? host.spool().get() : usual(dataDirectory, environment);
    }

    /** Makes it with 0700, if it is not there. */
    public static void make(Path spool) throws IOException {
        if (!Files.isDirectory(spool)) {
            Files.createDirectories(
                    spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    static Path usual(Optional<Path> dataDirectory, Environment environment) {
        // What is kept for a late repository must not be forgotten since another place can be written now.
        if (dataDirectory.isPresent() && isInUse(beside(dataDirectory.get()))) {
            return beside(dataDirectory.get());
        }
        if (isInUse(system(environment))) {
            return system(environment);
        }
        if (isInUse(ofUser(environment))) {
            return ofUser(environment);
        }
        if (dataDirectory.isPresent() && !isWritableDirectory(system(environment))) {
            Path beside = beside(dataDirectory.get());
            Path parent = beside.getParent();
            boolean canBeMade = parent != null && !Files.exists(beside) && isWritableDirectory(parent);
            if (canBeMade || isWritableDirectory(beside)) {
                return beside;
            }
        }
        return withoutConfiguration(environment);
    }

    /** A place that is found before the configuration has been read. */
    static Path withoutConfiguration(Environment environment) {
        Path system = system(environment);
        return isWritableDirectory(system) ? system : ofUser(environment);
    }

    private static Path ofUser(Environment environment) {
        return environment.xdgDirectory("XDG_STATE_HOME", ".local/state").resolve("tidemark");
    }

    /** Whether something was kept there; see docs/design/spool.md. */
    private static boolean isInUse(Path spool) {
        return Files.isDirectory(spool.resolve("v1").resolve("pending"));
    }

    private static Path system(Environment environment) {
        return environment.root().resolve("var/spool/tidemark");
    }

    private static Path beside(Path dataDirectory) {
        Path name = dataDirectory.getFileName();
        return name == null ? dataDirectory : dataDirectory.resolveSibling(name + ".tidemark");
    }

    private static boolean isWritableDirectory(Path path) {
        return Files.isDirectory(path) && Files.isWritable(path);
    }
}
