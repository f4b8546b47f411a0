// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;

/** Another content is archived under this name. Nothing was changed. */
public final class WalConflictException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    WalConflictException(String name, ClusterIdentity identity, Sha256 stored, Sha256 pushed) {
        super(
                ExitCode.WAL_CONFLICT,
                "'" + name + "' is already archived for cluster '" + identity.cluster()
                        + "' with different content: archived SHA-256 " + stored + ", pushed SHA-256 " + pushed,
                "Two servers archive to this cluster, such as an old primary or a copy beside the right one, or this"
                        + " one was set back to an older state. Stop the archiving of the wrong one. If this is the right"
                        + " one, see what its file would replace with: tidemark wal-resolve " + name + " --later. Until"
                        + " then, do not let it recover from the archive: PostgreSQL would replace its own WAL."
                        + " docs/repair/conflict.md explains it.");
    }

    WalConflictException(String name, ClusterIdentity identity, RejectedContent rejected, Sha256 pushed) {
        super(
                ExitCode.WAL_CONFLICT,
                "'" + name + "' with SHA-256 " + pushed + " " + rejected + " for cluster '" + identity.cluster() + "'",
                "Another server is the right one for this cluster. Stop the archiving of this one: set archive_mode ="
                        + " off, or give it a cluster name of its own. docs/repair/conflict.md explains it.");
    }
}
