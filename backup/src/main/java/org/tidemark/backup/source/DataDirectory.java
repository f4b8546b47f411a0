// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.Stat;
import org.tidemark.core.PathBytes;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.TablespaceInfo;

/**
 * The data directory of a running server, on whichever host. Immutable.
 *
 * @param files of the server's host
 * @param path absolute and without links
 * @param rules which of its files belong to a backup
 * @param versionDirectory the name of the directory of this version of PostgreSQL in each tablespace
 */
record DataDirectory(HostFiles files, String path, BaseBackupFiles rules, String versionDirectory) {
    /** @param temporaryStatistics the server's setting stats_temp_directory, which only old versions have */
    static DataDirectory of(HostFiles files, String path, ControlFile control, Optional<String> temporaryStatistics) {
        return new DataDirectory(
                files,
                path,
                new BaseBackupFiles(
                        control.postgresMajor(),
                        temporaryStatistics.flatMap(text -> within(PathBytes.path(path), text))),
                "PG_" + control.postgresMajor() + "_" + control.catalogVersion());
    }

    /**
     * The current locations of the tablespaces by OID: absolute, or relative to the data directory for an in-place
     * tablespace.
     */
    NavigableMap<Long, String> tablespaces() throws IOException {
        NavigableMap<Long, String> places = new TreeMap<>();
        String links = files.realPath(path + "/" + BaseBackupFiles.TABLESPACES);
        for (String name : files.list(links).names()) {
            Optional<String> place =
                    name.matches("[0-9]{1,10}") ? location(links + "/" + name, name) : Optional.empty();
            place.ifPresent(text -> places.put(Long.parseLong(name), text));
        }
        return places;
    }

    /** Empty if the tablespace was dropped. */
    private Optional<String> location(String link, String name) throws IOException {
        try {
            boolean inPlace = files.stat(link).filter(Stat::isDirectory).isPresent();
            return Optional.of(
                    inPlace
                            ? BaseBackupFiles.TABLESPACES + "/" + name
                            : NeededFiles.location(name, files.readLink(link)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Passes every file of the cluster, except pg_control, to a sink; the tablespaces first. */
    DirectoryWalk walk(WalkSink sink, List<TablespaceInfo> tablespaces, Runnable aliveness) throws IOException {
        DirectoryWalk walk = new DirectoryWalk(files, path, rules, sink, aliveness);
        Set<String> within = new HashSet<>();
        for (TablespaceInfo tablespace : tablespaces) {
            if (!tablespace.isDataDirectory()) {
                walk.tablespace(tablespace.path(), versionDirectory);
                within.add(real(path + "/" + tablespace.path()));
            }
        }
        walk.dataDirectory(within);
        return walk;
    }

    private String real(String place) throws IOException {
        try {
            return files.realPath(place);
        } catch (NoSuchFileException e) {
            return place;
        }
    }

    /** Reads pg_control, which the server may be writing, and which may be a link. */
    ControlFile.Whole controlFile() throws IOException {
        return controlFile(files, path);
    }

    static ControlFile.Whole controlFile(HostFiles files, String path) throws IOException {
        String file = path + "/" + ControlFile.PATH;
        return ControlFile.readWhole(file, () -> files.read(files.realPath(file), ControlFile.MAX_BYTES));
    }

    private static Optional<String> within(Path root, String directory) {
        Path path = root.resolve(directory).normalize();
        return path.startsWith(root) ? Optional.of(root.relativize(path).toString()) : Optional.empty();
    }
}
