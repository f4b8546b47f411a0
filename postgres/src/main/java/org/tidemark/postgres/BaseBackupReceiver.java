// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * Takes a base backup while it arrives. All methods are called by the thread that called
 * {@link ReplicationConnection#baseBackup}, in this order: {@link #started} once, {@link #archive} for each tablespace
 * and then for the data directory, {@link #manifest} once; {@link #progress} and {@link #warning} in between.
 *
 * <p>The streams end where the archive ends, and only if the server said so; a lost connection or an error of the
 * server comes out of {@code read} as a {@link org.tidemark.core.UserFacingException}. What a method leaves unread is
 * read and dropped. Whatever a method throws ends the backup and closes the connection.
 */
public interface BaseBackupReceiver {
    /** The server is in backup mode; {@code tablespaces} holds the data directory too, last. */
    void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) throws IOException;

    /** One archive, an uncompressed tar with its end marker, whichever version sent it. */
    void archive(TablespaceInfo tablespace, InputStream tar) throws IOException;

    /** PostgreSQL's own backup_manifest. */
    void manifest(InputStream json) throws IOException;

    /** Bytes of archives so far, and the server's estimate of them all, which the first may pass. */
    void progress(long bytesDone, long bytesExpected);

    /** What the server remarks, page checksum failures above all. */
    void warning(ServerMessage message);
}
