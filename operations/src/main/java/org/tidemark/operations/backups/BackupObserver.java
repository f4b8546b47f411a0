// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import org.tidemark.backup.BackupListener;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.Finding;
import org.tidemark.operations.ObjectProgress;

/** Follows a backup run. Repositories are identified by name. */
public interface BackupObserver {
    /** Shows how far one backup is, until it is closed. */
    interface BackupProgress extends BackupListener, AutoCloseable {
        @Override
        void close();
    }

    /** A backup begins. The caller closes what is returned. */
    BackupProgress taking(String repository);

    /** A copy begins. The caller closes what is returned. */
    ObjectProgress copying(String title);

    /** The backup is complete in the repository that it was taken into: it exists, whatever fails later. */
    void taken(String repository, BaseBackup backup);

    /** Something that does not end the run: a copy that is complete, a queue, a repository without the backup. */
    void tell(Finding finding);
}
