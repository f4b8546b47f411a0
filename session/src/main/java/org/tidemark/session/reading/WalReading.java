// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.io.IOException;
import java.time.Instant;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.session.Session;

/** How much of the WAL a command lists that shows it. */
public enum WalReading {
    /** Everything. */
    WHOLE,
    /** Of a large archive, the older part may be taken from what this host counted up to a day ago. */
    NEWER;

    /** What is archived. */
    public WalInventory of(Session session, ClusterArchive archive, Instant now) throws IOException {
        return switch (this) {
            case WHOLE -> session.wal(archive).recount(now);
            case NEWER -> session.wal(archive).latest(now);
        };
    }
}
