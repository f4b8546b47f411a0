// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Another content is archived under this name. Nothing was changed. */
public final class WalConflictException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    WalConflictException(String name, ClusterIdentity identity, Sha256 stored, Sha256 pushed) {
        super(
                ExitCode.WAL_CONFLICT,
                "'" + name + "' is already archived for cluster '" + identity.cluster()
                        + "' with different content: archived SHA-256 " + stored + ", pushed SHA-256 " + pushed,
                "Do two primaries archive to this cluster, such as an old primary or a clone beside the right one?"
                        + " Find the one that must not, and stop its archiving. If the right one is refused (another server"
                        + " archived before it, or it was set back to an older state), it needs a new timeline: stop it,"
                        + " create the file standby.signal in its data directory, set restore_command to tidemark"
                        + " wal-fetch, start it, and call SELECT pg_promote(). Then take a new backup.");
    }
}
