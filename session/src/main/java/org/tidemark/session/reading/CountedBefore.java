// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.wal.WalInventory;

/**
 * An archive whose older WAL was not listed, but taken from what this host counted before. Immutable.
 *
 * @param at when it was counted
 */
public record CountedBefore(String repository, ClusterIdentity identity, Instant at) {
    /** Empty if everything was listed. */
    public static Optional<CountedBefore> of(String repository, ClusterIdentity identity, WalInventory inventory) {
        return inventory.counted().map(at -> new CountedBefore(repository, identity, at));
    }
}
