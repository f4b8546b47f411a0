// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.RelationFile;
import org.tidemark.postgres.TablespaceInfo;

/**
 * Takes the files of a base backup. Called by one thread: {@link #started} once, then the files. Every path is relative
 * to the data directory, with slashes; the files of tablespaces are below pg_tblspc.
 */
public interface FileSink {
    /**
     * The facts about a file that are known before it is read.
     *
     * @param mode the rights
     * @param size in bytes
     */
    record FileFacts(String path, int mode, long size, Instant modified) {}

    /** A file of the cluster that is still to be read. Thread-safe. */
    interface FileContent {
        /** Empty if the file is gone. */
        Optional<OpenFile> open() throws IOException;

        /** Whether nobody has written it since the walk saw it, as far as its size and its time tell. */
        boolean isAsSeen() throws IOException;
    }

    /**
     * The parent of an incremental backup: of the files in its list, {@link #changes} may take the place. Immutable.
     *
     * @param wal between the first and the last byte that was read for it
     * @param dataChecksums whether the pages had checksums
     * @param segmentPages how many pages one file of a relation has at most
     * @param files those of which changes can be taken
     */
    record ParentBackup(WalRange wal, boolean dataChecksums, int segmentPages, ParentFiles files) {}

    /** Visits the files; there may be a million. */
    @FunctionalInterface
    interface ParentFiles {
        void forEach(ParentFileVisitor visitor) throws IOException;
    }

    /** Visits one file. */
    @FunctionalInterface
    interface ParentFileVisitor {
        /**
         * Visits it.
         *
         * @param size in bytes
         */
        void file(RelationFile file, long size, Instant modified) throws IOException;
    }

    /** Called before {@link #started}; empty if the sink needs every file whole. */
    Optional<ParentBackup> parent();

    /**
     * Called before {@link #started} if there is a parent, but every file will be sent, changed or not.
     *
     * @param reason a part of a sentence
     */
    void sendsEveryFile(String reason);

    /** PostgreSQL is in backup mode; the last of {@code tablespaces} is the data directory. */
    void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) throws IOException;

    void directory(String path, int mode) throws IOException;

    void link(String path, String target) throws IOException;

    /** Reads the file before this method returns. */
    void file(FileFacts facts, InputStream content) throws IOException;

    /**
     * Reads what has changed in a relation file of the parent.
     *
     * @param facts of what is read; the rights and times are those of the file
     * @param relation the file
     * @param shortest how many pages the relation had when it was shortest since the parent began: what the parent has
     *     beyond is not in the file any more
     * @param content as {@link org.tidemark.postgres.IncrementalFile} describes it
     */
    void changes(FileFacts facts, RelationFile relation, long shortest, InputStream content) throws IOException;

    /**
     * Reads a file that is to be stored with other bytes than PostgreSQL has sent.
     *
     * @param facts of what was sent
     */
    void rewritten(FileFacts facts, byte[] sent, byte[] stored) throws IOException;

    /**
     * Reads the file later, with several threads, until {@link #awaitReads} returns. The sink skips a file that is gone
     * by then. It pads a large file that became shorter with zeros, and reads a relation file that grew only up to its
     * size in {@code facts}.
     */
    void file(FileFacts facts, FileContent content) throws IOException;

    /** Waits until every file so far is read. */
    void awaitReads() throws IOException;

    /** A tablespace that was missing in {@link #started}, because it was dropped at that time. */
    void tablespace(TablespaceInfo tablespace) throws IOException;

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
