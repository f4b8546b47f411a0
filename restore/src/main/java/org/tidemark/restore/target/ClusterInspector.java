// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ClusterPlaces;
import org.tidemark.postgres.ControlFile;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts.Use;

/**
 * Looks at a data directory that a restore is to go over, and changes nothing. Directories are compared by their device
 * and inode: a path may lead to one through links and mounts.
 */
public final class ClusterInspector {
    private static final Path PROCESSES = Path.of("/proc");
    private static final String TABLESPACES = "pg_tblspc";
    private static final String LOCK = "postmaster.pid";
    private static final String WORKING_DIRECTORY = "cwd";

    private ClusterInspector() {}

    /** @param clusters data directories that are known beside those of the servers that run */
    static ClusterFacts inspect(Path directory, List<Path> clusters) throws IOException {
        List<Path> servers = servers();
        List<Path> others = new ArrayList<>(clusters);
        others.addAll(servers);
        Optional<ControlFile> control = control(directory);
        return new ClusterFacts(
                system(directory, control),
                control,
                use(directory, servers),
                TargetInspector.linksOf(directory),
                shared(directory, others));
    }

    private static Optional<ControlFile> control(Path directory) {
        try {
            return Optional.of(ControlFile.read(directory));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** As pg_control says, or the marker of a restore that has removed it. */
    private static Optional<SystemIdentifier> system(Path directory, Optional<ControlFile> control) throws IOException {
        return control.isPresent() || Files.exists(directory.resolve(ControlFile.PATH), LinkOption.NOFOLLOW_LINKS)
                ? control.map(ControlFile::system)
                : RestoreMarker.find(directory).map(RestoreMarker::system);
    }

    /** Whether a server uses a data directory now. */
    public static Use use(Path directory) throws IOException {
        return use(directory, servers());
    }

    private static Use use(Path directory, List<Path> servers) throws IOException {
        Object key = key(directory);
        for (Path each : servers) {
            if (key != null && key.equals(key(each))) {
                return Use.RUNNING;
            }
        }
        Path lock = directory.resolve(LOCK);
        if (!Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
            return Use.NONE;
        }
        // A server of another user, of which not even the directory can be seen.
        Path holder = PROCESSES.resolve(firstLine(lock)).resolve(WORKING_DIRECTORY);
        return servers.contains(holder) && key(holder) == null ? Use.RUNNING : Use.UNKNOWN;
    }

    /** The id of the process that made it; the other lines may have any bytes. */
    private static String firstLine(Path lock) throws IOException {
        return Files.readString(lock, StandardCharsets.ISO_8859_1)
                .lines()
                .findFirst()
                .map(String::strip)
                .filter(pid -> pid.matches("[0-9]+"))
                .orElse("none");
    }

    /** Where PostgreSQL's processes of this host work: their data directories. */
    private static List<Path> servers() throws IOException {
        List<Path> servers = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            for (Path process : processes) {
                if (isPostgres(process)) {
                    servers.add(process.resolve(WORKING_DIRECTORY));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return servers;
    }

    /** The directories of the clusters whose servers run on this host, where they can be seen. */
    static List<OwnedPlace> placesOfServers() throws IOException {
        List<OwnedPlace> places = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        for (Path each : servers()) {
            Object key = key(each);
            // Each of the processes of a server works in the same directory.
            if (key != null && seen.add(key)) {
                places.addAll(ClusterPlaces.of("a running server", real(each)));
            }
        }
        return places;
    }

    /** The path of a directory in another container may be that of another one here. */
    private static Path real(Path server) {
        try {
            Path real = server.toRealPath();
            return Objects.equals(key(real), key(server)) ? real : server;
        } catch (IOException e) {
            return server;
        }
    }

    private static boolean isPostgres(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip().matches("postgres|postmaster|edb-postgres");
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    /** The same for two names of one directory; null if it cannot be seen. */
    private static @Nullable Object key(Path directory) {
        try {
            return Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Which directory of a cluster another one uses as well, as a sentence: a copy that was made file by file leads to
     * the tablespaces of its original.
     *
     * @param others data directories
     */
    private static Optional<String> shared(Path directory, List<Path> others) throws IOException {
        Map<Object, Path> own = outside(directory);
        Set<Object> seen = new HashSet<>();
        Optional.ofNullable(key(directory)).ifPresent(seen::add);
        for (Path other : others) {
            Object key = key(other);
            // Each of the processes of a server works in the same directory.
            if (key == null || !seen.add(key)) {
                continue;
            }
            for (Object each : outside(other).keySet()) {
                Path place = own.get(each);
                if (place != null) {
                    return Optional.of("'" + place + "' belongs to the cluster in '"
                            + (other.startsWith(PROCESSES) ? other.toRealPath() : other) + "' as well");
                }
            }
        }
        return Optional.empty();
    }

    /** Its pg_wal and the places of its tablespaces, by what identifies them. */
    private static Map<Object, Path> outside(Path directory) {
        Map<Object, Path> places = new HashMap<>();
        add(directory.resolve("pg_wal"), places);
        try (DirectoryStream<Path> links =
                Files.newDirectoryStream(directory.resolve(TABLESPACES), Files::isSymbolicLink)) {
            links.forEach(each -> add(each, places));
        } catch (IOException | DirectoryIteratorException e) {
            return places;
        }
        return places;
    }

    private static void add(Path directory, Map<Object, Path> places) {
        Object key = key(directory);
        if (key != null) {
            places.put(key, directory);
        }
    }
}
