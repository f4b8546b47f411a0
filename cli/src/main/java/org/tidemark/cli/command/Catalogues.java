// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.cli.backups.BackupListing;
import org.tidemark.cli.config.RepositorySettings;

/** Reads the catalogues of all repositories that a command is about. */
final class Catalogues {
    private Catalogues() {}

    /** Fails where one of them cannot be read whole: what is not listed would look like what is not there. */
    static BackupListing read(Workplace workplace) throws IOException {
        BackupListing listing = new BackupListing();
        for (RepositorySettings settings : workplace.repositorySettings()) {
            for (ClusterArchive archive : workplace.incarnations(workplace.repository(settings))) {
                listing.add(settings.name(), archive);
            }
        }
        return listing;
    }
}
