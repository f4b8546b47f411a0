// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.tidemark.config.Configuration.HostSettings;

/** The directory of this host's own files: queues, caches and the ids of repositories. */
public final class SpoolDirectory {
    private SpoolDirectory() {}

    /**
     * The configured directory; otherwise /var/spool/tidemark if writable, otherwise {@code DATA-DIRECTORY.tidemark}
     * next to the data directory if writable, otherwise tidemark below $XDG_STATE_HOME. Of the last three, one that
     * already holds a queue for a lagging repository comes first. The directory may not exist yet; it is created with
     * mode 0700.
     */
    public static Path find(HostSettings host, Optional<Path> dataDirectory, Environment environment) {
        return host.spool().isPresent() ? host.spool().get() : defaultDirectory(dataDirectory, environment);
    }

    /** Creates it with mode 0700 if it does not exist. */
    public static void make(Path spool) throws IOException {
        if (!Files.isDirectory(spool)) {
            Files.createDirectories(
                    spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    static Path defaultDirectory(Optional<Path> dataDirectory, Environment environment) {
        // A queue for a lagging repository must not be lost because another directory has become writable.
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

    /** The default directory, known before the configuration has been read. */
    static Path withoutConfiguration(Environment environment) {
        Path system = system(environment);
        return isWritableDirectory(system) ? system : ofUser(environment);
    }

    /**
     * The spool itself if the launcher, which reads no configuration, looks for one there; otherwise the default one of
     * these. It looks at TIDEMARK_HOST_SPOOL, /var/spool/tidemark, {@code DATA-DIRECTORY.tidemark} and tidemark below
     * $XDG_STATE_HOME.
     */
    public static Path knownToLauncher(Path spool, Optional<Path> dataDirectory, Environment environment) {
        boolean known = environment
                        .variable("TIDEMARK_HOST_SPOOL")
                        .map(Path::of)
                        .filter(spool::equals)
                        .isPresent()
                || spool.equals(system(environment))
                || spool.equals(ofUser(environment))
                || dataDirectory
                        .map(SpoolDirectory::beside)
                        .filter(spool::equals)
                        .isPresent();
        return known ? spool : withoutConfiguration(environment);
    }

    /** Where the launcher looks for what is archived already; see docs/design/spool.md. */
    public static Path archived(Path spool, Optional<Path> dataDirectory, Environment environment) {
        return knownToLauncher(spool, dataDirectory, environment).resolve("v1").resolve("archived");
    }

    private static Path ofUser(Environment environment) {
        return environment.xdgDirectory("XDG_STATE_HOME", ".local/state").resolve("tidemark");
    }

    /** Whether the directory holds queues; see docs/design/spool.md. */
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
