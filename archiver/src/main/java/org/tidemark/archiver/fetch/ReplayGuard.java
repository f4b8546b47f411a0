// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.CreatedTablespace;

/**
 * Keeps a recovery from WAL after whose replay it would write into the directory of another cluster. The plan of a
 * restore looks for this as well; but a server may be started long after its plan, or without one.
 *
 * @param walDirectory the pg_wal of the data directory that recovers
 */
record ReplayGuard(Path walDirectory) {
    /**
     * Looks at the places of tablespaces before the segment that creates them is delivered. Where this data directory
     * has a tablespace already is no such place: PostgreSQL replays its creation again after a restart, and a
     * tablespace may have been dropped, and another one created in its place.
     *
     * @throws UserFacingException LOCAL_FILES: the fault is this host's, and no other repository helps
     */
    void check(Segment segment, List<CreatedTablespace> created, int postgresMajor) {
        Path data = walDirectory.toAbsolutePath().getParent();
        if (data == null || !recovers(data)) {
            return;
        }
        for (CreatedTablespace each : created) {
            if (!each.isOf(data)) {
                occupied(each, postgresMajor).ifPresent(place -> {
                    throw new UserFacingException(
                            ExitCode.LOCAL_FILES,
                            "'" + segment.name() + "' is withheld: its replay creates tablespace " + each.oid()
                                    + " in '" + each.location() + "', and would write into '" + place
                                    + "', which is there already",
                            "Which cluster uses this directory? If none does, move it away, and start PostgreSQL again."
                                    + " Otherwise recover on another host, or end the recovery before this tablespace:"
                                    + " tidemark recover --target-lsn " + each.at() + " --exclusive");
                });
            }
        }
    }

    private static boolean recovers(Path data) {
        return Files.exists(data.resolve("standby.signal")) || Files.exists(data.resolve("recovery.signal"));
    }

    private static Optional<Path> occupied(CreatedTablespace tablespace, int postgresMajor) {
        try {
            return tablespace.occupied(postgresMajor);
        } catch (IOException e) {
            // Where this user can read nothing, PostgreSQL, which runs as the same user, writes nothing.
            return Optional.empty();
        }
    }
}
