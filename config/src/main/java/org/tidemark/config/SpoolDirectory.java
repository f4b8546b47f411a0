// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.core.SpoolPart;

/** The directory of this host's own files: queues, caches and the ids of repositories. */
public final class SpoolDirectory {
    /** Queues, WAL that was received, and notes of dropped WAL, by importance; see docs/design/spool.md. */
    private static final List<SpoolPart> KEPT = List.of(SpoolPart.PENDING, SpoolPart.RECEIVE, SpoolPart.GIVEN_UP);

    private static final String LOOKED_AT = "TIDEMARK_LOOKED_AT";

    private SpoolDirectory() {}

    /**
     * The configured directory; otherwise /var/spool/tidemark if writable, otherwise {@code DATA-DIRECTORY.tidemark}
     * next to the data directory, whose symbolic links are followed, if writable, otherwise tidemark below
     * $XDG_STATE_HOME. Of the last three, one that already holds what nobody else does comes first. The directory may
     * not exist yet; it is created with mode 0700.
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
        // What only a spool holds must not be lost because another directory has become writable.
        List<Path> candidates = new ArrayList<>();
        if (dataDirectory.isPresent()) {
            candidates.add(besideAsWritten(dataDirectory.get()));
            candidates.add(beside(dataDirectory.get()));
        }
        candidates.add(system(environment));
        candidates.add(ofUser(environment));
        for (SpoolPart kept : KEPT) {
            for (Path each : candidates) {
                if (Files.isDirectory(kept.in(each))) {
                    return each;
                }
            }
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
    public static Path withoutConfiguration(Environment environment) {
        Path system = system(environment);
        return isWritableDirectory(system) ? system : ofUser(environment);
    }

    /**
     * The spool itself if the launcher, which reads no configuration, looks for one there; otherwise the first of the
     * directories where it looks that can be written, or made. It looks at TIDEMARK_HOST_SPOOL,
     * {@code DATA-DIRECTORY.tidemark}, /var/spool/tidemark, and tidemark below $XDG_STATE_HOME; a launcher that has
     * called this process has said at which, since its $HOME may be another one than that of the password database.
     */
    public static Path knownToLauncher(Path spool, Optional<Path> dataDirectory, Environment environment) {
        List<Path> looked = environment.variable(LOOKED_AT).stream()
                .flatMap(String::lines)
                .map(Path::of)
                .toList();
        boolean known = environment
                        .variable("TIDEMARK_HOST_SPOOL")
                        .map(Path::of)
                        .filter(spool::equals)
                        .isPresent()
                || looked.contains(spool)
                || spool.equals(system(environment))
                || (looked.isEmpty() && spool.equals(ofUser(environment)))
                || dataDirectory
                        .map(SpoolDirectory::beside)
                        .filter(spool::equals)
                        .isPresent();
        if (known) {
            return spool;
        }
        return looked.stream()
                .filter(SpoolDirectory::isWritableDirectory)
                .findFirst()
                // The last one is the user's own, where nothing appears beside the data directory.
                .or(() -> looked.reversed().stream()
                        .filter(SpoolDirectory::canBeMade)
                        .findFirst())
                .orElseGet(() -> withoutConfiguration(environment));
    }

    private static boolean canBeMade(Path directory) {
        Path above = directory.getParent();
        while (above != null && !Files.exists(above)) {
            above = above.getParent();
        }
        return above != null && !Files.exists(directory) && isWritableDirectory(above);
    }

    /** The directory in which the launcher looks for segments that are already archived; see docs/design/spool.md. */
    public static Path archived(Path spool, Optional<Path> dataDirectory, Environment environment) {
        return SpoolPart.ARCHIVED.in(knownToLauncher(spool, dataDirectory, environment));
    }

    private static Path ofUser(Environment environment) {
        return environment.xdgDirectory("XDG_STATE_HOME", ".local/state").resolve("tidemark");
    }

    private static Path system(Environment environment) {
        return environment.root().resolve("var/spool/tidemark");
    }

    /**
     * {@code DATA-DIRECTORY.tidemark}. Where PostgreSQL runs wal-push, a symbolic link that the configuration names is
     * not known.
     */
    public static Path beside(Path dataDirectory) {
        try {
            return besideAsWritten(dataDirectory.toRealPath());
        } catch (IOException e) {
            return besideAsWritten(dataDirectory);
        }
    }

    private static Path besideAsWritten(Path dataDirectory) {
        Path name = dataDirectory.getFileName();
        return name == null ? dataDirectory : dataDirectory.resolveSibling(name + ".tidemark");
    }

    private static boolean isWritableDirectory(Path path) {
        return Files.isDirectory(path) && Files.isWritable(path);
    }
}
