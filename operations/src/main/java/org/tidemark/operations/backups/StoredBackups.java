// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.StoredBackup;

/**
 * Every copy of every backup in the repositories of a session, without their WAL and marks. Immutable.
 *
 * @param all in the order of the repositories
 * @param repositories which of them could be read
 */
public record StoredBackups(List<StoredBackup> all, RepositoryReadings repositories) {
    public StoredBackups {
        all = List.copyOf(all);
    }

    /** Lists the backups in each repository of the session. */
    public static StoredBackups of(Session session) {
        List<StoredBackup> all = new ArrayList<>();
        RepositoryReadings repositories = RepositoryReadings.of(session, settings -> {
            all.addAll(in(session, settings));
        });
        return new StoredBackups(all, repositories);
    }

    /** The backups in one repository: those of all incarnations of the session's cluster. */
    public static List<StoredBackup> in(Session session, RepositorySettings settings) throws IOException {
        List<StoredBackup> found = new ArrayList<>();
        for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
            session.backups(archive)
                    .list()
                    .forEach(entry -> found.add(new StoredBackup(settings.name(), archive, entry)));
        }
        return found;
    }

    /**
     * The backup that an operator means.
     *
     * @param text as {@link BackupChoice} takes it
     * @throws UserFacingException NO_BACKUP if there is none, USAGE if several backups have the name
     */
    public BackupId choose(String text) {
        return BackupChoice.find(text, all).getFirst().id();
    }
}
