// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Codec;
import org.tidemark.core.SystemIdentifier;

/**
 * One repository that WAL is pushed to.
 *
 * @param name what the operator calls it
 */
public record PushTarget(String name, Codec codec, Opening opening) {
    /** Opens the archive of one incarnation of the cluster. */
    @FunctionalInterface
    public interface Opening {
        /**
         * The archive for {@code system}.
         *
         * @throws org.tidemark.core.UserFacingException if this incarnation is not registered, or there is no
         *     repository
         */
        ClusterArchive open(SystemIdentifier system) throws IOException;
    }
}
