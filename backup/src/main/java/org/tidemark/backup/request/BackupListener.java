// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.request;

import java.time.Duration;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.WalFile;

/** Follows a backup. Called by one thread at a time; must neither throw nor wait. */
public interface BackupListener {
    /** The phases of a backup, in this order. */
    enum Phase {
        /** PostgreSQL does a checkpoint and measures its files. */
        STARTING,
        /** Files arrive and are stored. */
        COPYING,
        /** The last bundles and the manifest are stored. */
        FINISHING,
        /** The WAL that the backup needs is awaited in the repository. */
        AWAITING_WAL
    }

    void phase(BackupId id, Phase phase);

    /**
     * How the backup reads the files. Called before the first phase.
     *
     * @param used {@link SourceMethod#STREAM} or {@link SourceMethod#LOCAL}
     * @param reason a part of a sentence
     */
    void source(SourceMethod used, String reason);

    /**
     * Whether the backup refers to another one. Called before the first phase, if it was to.
     *
     * @param reason a part of a sentence
     */
    default void type(BaseBackup.Type type, String reason) {}

    /**
     * Earlier attempts at a full backup have stored something. Called before the files.
     *
     * @param dataBytes of PostgreSQL's files; what has not changed of it is not stored again
     */
    default void earlierAttempts(long dataBytes) {}

    /**
     * The backup refers to another one, but PostgreSQL sends every file, changed or not. Called before the files.
     *
     * @param reason a part of a sentence
     */
    default void sendsEveryFile(String reason) {}

    /**
     * Called often.
     *
     * @param bytesRead of PostgreSQL's files, with the headers between them
     * @param bytesExpected an estimate of all bytes; {@code bytesRead} may exceed it
     * @param bytesStored of PostgreSQL's files that the store has taken
     */
    void progress(long bytesRead, long bytesExpected, long bytesStored);

    /**
     * Called again and again while a file is missing.
     *
     * @param missing the first file that the backup needs and the repository has not
     * @param repository its name
     * @param waited since the last file arrived
     * @param hint a sentence: what the operator can look at
     */
    void awaitingWal(WalFile missing, String repository, Duration waited, String hint);

    /** The backup now exists in a repository, whatever happens later in the others. */
    default void published(BackupResult.Published published) {}

    /** Something that does not stop the backup. */
    void warning(String message);
}
