// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;

/**
 * What is registered of one incarnation, once and for all. Immutable.
 *
 * @param pageSize in bytes
 * @param postgresMajor 13 and so on
 */
public record ClusterIdentity(
        ClusterName cluster, SystemIdentifier system, WalSegmentSize walSegmentSize, int pageSize, int postgresMajor) {
    public ClusterIdentity {
        if (pageSize < 512 || Integer.bitCount(pageSize) != 1) {
            throw new IllegalArgumentException("not a page size: " + pageSize + " bytes (expected a power of two)");
        }
        if (postgresMajor < 10) {
            throw new IllegalArgumentException("not a major version of PostgreSQL: " + postgresMajor);
        }
    }

    /** Where the objects of this incarnation are. */
    public IncarnationKeys keys() {
        return new IncarnationKeys(cluster, system);
    }
}
