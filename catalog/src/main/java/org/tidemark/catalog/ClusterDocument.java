// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.time.Instant;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;

/** The form of {@code cluster.json}. */
final class ClusterDocument {
    private ClusterDocument() {}

    static byte[] write(ClusterIdentity identity, Instant created) {
        return new JsonMembers()
                .text("cluster", identity.cluster().value())
                .text("systemIdentifier", identity.system().toString())
                .number("walSegmentSize", identity.walSegmentSize().bytes())
                .number("pageSize", identity.pageSize())
                .number("postgresMajor", identity.postgresMajor())
                .text("created", created.toString())
                .document();
    }

    /** Reads the document, which must be the one of this incarnation. */
    static ClusterIdentity read(byte[] document, ObjectKey key, ClusterName cluster, SystemIdentifier system)
            throws DamagedObjectException {
        try {
            FlatJson members = ChecksummedJson.read(document, key);
            ClusterIdentity identity = new ClusterIdentity(
                    new ClusterName(members.requireText("cluster")),
                    SystemIdentifier.parse(members.requireText("systemIdentifier")),
                    new WalSegmentSize(members.requireInt("walSegmentSize")),
                    members.requireInt("pageSize"),
                    members.requireInt("postgresMajor"));
            if (!identity.cluster().value().equals(cluster.value())
                    || identity.system().value() != system.value()) {
                throw new DamagedObjectException(
                        key,
                        "it names cluster '" + identity.cluster() + "' with system identifier " + identity.system());
            }
            return identity;
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    static String describe(ClusterIdentity identity) {
        return "PostgreSQL " + identity.postgresMajor() + " with segments of " + identity.walSegmentSize()
                + " and pages of " + identity.pageSize() + " bytes";
    }
}
