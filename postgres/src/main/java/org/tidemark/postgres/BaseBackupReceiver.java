// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * Receives a base backup. The thread that called {@link ReplicationConnection#baseBackup} calls all methods, in this
 * order: {@link #started} once, {@link #archive} for each tablespace and then for the data directory, {@link #manifest}
 * once; {@link #progress} and {@link #warning} at any time between.
 *
 * <p>A stream ends only when the server has ended the archive. If the connection is lost or the server reports an
 * error, {@code read} throws a {@link org.tidemark.core.UserFacingException}. The caller discards bytes that a method
 * did not read. An exception of any method ends the backup and closes the connection.
 */
public interface BaseBackupReceiver {
    /** The server is in backup mode; the last of {@code tablespaces} is the data directory. */
    void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) throws IOException;

    /** One archive: an uncompressed tar with its end marker, for every version of the server. */
    void archive(TablespaceInfo tablespace, InputStream tar) throws IOException;

    /** PostgreSQL's own backup_manifest. */
    void manifest(InputStream json) throws IOException;

    /** The archive bytes so far, and the server's estimate of all bytes, which may be too low. */
    void progress(long bytesDone, long bytesExpected);

    /** A warning of the server, such as a page checksum failure. */
    void warning(ServerMessage message);
}
