// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ControlFile;
import org.tidemark.restore.TargetFacts.ClusterFacts;
import org.tidemark.restore.TargetFacts.ClusterFacts.Use;

/** Looks at a data directory that a restore is to go over, and changes nothing. */
final class ClusterInspector {
    private static final Path PROCESSES = Path.of("/proc");

    private ClusterInspector() {}

    static ClusterFacts inspect(Path directory) throws IOException {
        return new ClusterFacts(
                system(directory), use(directory), TargetInspector.links(directory.resolve("pg_tblspc")));
    }

    /** As pg_control says, or the marker of a restore that has removed it. */
    private static Optional<SystemIdentifier> system(Path directory) throws IOException {
        try {
            if (Files.exists(directory.resolve(ControlFile.PATH), LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of(ControlFile.read(directory).system());
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return RestoreMarker.find(directory).map(RestoreMarker::system);
    }

    /** PostgreSQL's processes have the data directory as their working directory. */
    private static Use use(Path directory) throws IOException {
        Path place = directory.toRealPath();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            for (Path process : processes) {
                if (worksIn(process, place)) {
                    return Use.RUNNING;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return Files.exists(directory.resolve("postmaster.pid"), LinkOption.NOFOLLOW_LINKS) ? Use.UNKNOWN : Use.NONE;
    }

    /** An operator's shell may be in the directory as well. */
    private static boolean worksIn(Path process, Path directory) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(directory)
                    && Files.readString(process.resolve("comm")).strip().matches("postgres|postmaster|edb-postgres");
        } catch (IOException e) {
            // It has ended, or is another user's.
            return false;
        }
    }
}
