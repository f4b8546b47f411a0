// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.TablespaceInfo;

/**
 * Takes the files of a base backup. Called by one thread: {@link #started} once, then the files. Every path is relative
 * to the data directory, with slashes; the files of tablespaces are below pg_tblspc.
 */
public interface FileSink {
    /**
     * What is known of a file before it is read.
     *
     * @param mode the rights
     * @param size in bytes
     */
    record FileFacts(String path, int mode, long size, Instant modified) {}

    /** PostgreSQL is in backup mode; the last of {@code tablespaces} is the data directory. */
    void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) throws IOException;

    void directory(String path, int mode) throws IOException;

    void link(String path, String target) throws IOException;

    /** Reads as many bytes as the file has, before it returns. */
    void file(FileFacts facts, InputStream content) throws IOException;

    /** PostgreSQL's own backup_manifest. */
    void manifest(InputStream json) throws IOException;

    /**
     * Tells how far the copy is; called often.
     *
     * @param bytesRead so far
     * @param bytesExpected an estimate of all bytes, which may be too low
     */
    void progress(long bytesRead, long bytesExpected);

    /** Something that does not stop the backup. */
    void warning(String message);
}
