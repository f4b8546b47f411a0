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
                "Two servers archive to this cluster, such as an old primary or a copy beside the right one, or this"
                        + " one was set back to an older state. Stop the archiving of the wrong one. If this is the right"
                        + " one, put aside what the other one stored: docs/operating/conflict.md. Until then, do not let"
                        + " it recover from the archive: PostgreSQL would replace its own WAL.");
    }
}
