// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.core.HostFiles;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;

/**
 * What a backup needs to know of a cluster besides its files: a server is asked for it, or another program wrote it
 * down beside a backup of its own. What is unknown is empty, and the backup then has fewer facts in it.
 */
public interface BackupFacts {
    /** The cluster that the files are of. */
    Properties properties();

    /**
     * What never changes while a server runs. Immutable.
     *
     * @param serverVersionNum 150004 and so on
     * @param relationSegmentBytes how many bytes one file of a relation has at most
     */
    record Properties(
            SystemIdentifier system,
            int serverVersionNum,
            long walSegmentBytes,
            long pageBytes,
            boolean dataChecksums,
            long relationSegmentBytes) {}

    /**
     * Has a server close its current WAL segment, so that its arrival tests archiving; empty if nothing can be tested.
     *
     * @throws org.tidemark.core.UserFacingException {@link org.tidemark.core.ExitCode#USAGE} if it is set not to
     *     archive
     */
    Optional<WalFile.Segment> closeSegment(BackupListener listener);

    /**
     * For a backup of a standby, which cannot do it itself: has the primary close its current WAL segment, so that the
     * WAL that the backup needs is archived. Does nothing if the primary cannot be asked.
     */
    default void closeSegmentOfPrimary() {}

    /** What failed, if archiving has failed since it last succeeded. */
    Optional<String> archivingFailure();

    /** The backup needs no WAL before this position. */
    Optional<Lsn> redo();

    /** A time before the first file is read, by the clock of the server. */
    Optional<Instant> started();

    /** A time after the last file was read, by the same clock. */
    Optional<Instant> ended();

    /** How far a standby has replayed; empty on a primary, or if it is not known. */
    default Optional<StandbyReplay> replay() {
        return Optional.empty();
    }

    /** A transaction id that no transaction had yet when the last file was read. */
    Optional<Long> nextXid();

    /**
     * A database, and the tablespace that it has its directory in, both by OID. Immutable.
     *
     * @param changedBy the transaction that last changed its row of pg_database
     */
    record Database(long oid, long tablespace, long changedBy, String name) {}

    /** Without those that DROP DATABASE could not finish. */
    Optional<List<Database>> databases();

    /** What the catalogs say of tablespaces: asked before a backup, and after it if something is missing. */
    default Optional<ListedTablespaces> tablespaces() {
        return Optional.empty();
    }

    /** The databases of which PostgreSQL finds files in a tablespace now; empty if it could not be asked. */
    default Optional<Set<DatabaseOfTablespace>> databasesWithFiles() {
        return Optional.empty();
    }

    /** The names of the tablespaces by OID, as far as they are known. */
    Map<Long, String> tablespaceNames();

    /** The version of glibc, by whose rules text is sorted; empty if that is not known. */
    default Optional<String> glibc() {
        return Optional.empty();
    }

    /**
     * What the server reads outside of its data directory.
     *
     * @param files of the server's host, if the backup reads files there
     */
    default ServerConfiguration configuration(Optional<HostFiles> files) {
        return ServerConfiguration.NONE;
    }

    /** The history file of a timeline. */
    Optional<byte[]> history(Timeline timeline) throws IOException;
}
