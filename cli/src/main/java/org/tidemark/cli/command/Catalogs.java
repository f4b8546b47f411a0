// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.catalog.ClusterArchive;
import org.tidemark.cli.output.Output;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupListing;

/** Reads the catalogs of all repositories that a command is about. */
final class Catalogs {
    private Catalogs() {}

    /** Reads those that answer, and warns of the others and of what cannot be read beside the catalogs. */
    static BackupListing read(Session session, EachRepository repositories, Output output) {
        BackupListing listing = new BackupListing();
        repositories.read(settings -> {
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                listing.add(settings.name(), archive);
            }
        });
        listing.warnings().forEach(warning -> output.warn(warning.getMessage(), warning.hint()));
        return listing;
    }
}
