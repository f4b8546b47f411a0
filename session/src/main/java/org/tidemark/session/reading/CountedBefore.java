// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.core.UtcTime;

/**
 * An archive whose older WAL was not listed, but taken from what this host counted before. Immutable.
 *
 * @param at when it was counted
 */
public record CountedBefore(String repository, ClusterIdentity identity, Instant at) {
    /** For people, with the command that counts it again. */
    public String text(String command) {
        return "'" + repository + "': the older WAL was counted at " + UtcTime.seconds(at)
                + ". A gap that came into it since is not shown; count again with: tidemark " + command + " --recount";
    }

    /** Empty if everything was listed. */
    public static Optional<CountedBefore> of(String repository, ClusterIdentity identity, WalInventory inventory) {
        return inventory.counted().map(at -> new CountedBefore(repository, identity, at));
    }
}
