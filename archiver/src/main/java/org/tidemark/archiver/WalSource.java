// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import org.tidemark.catalog.WalArchive;

/**
 * One repository that is asked for WAL. It is opened when it is first needed, and again after a failure.
 *
 * @param name what the operator calls it
 */
public record WalSource(String name, Opening opening) {
    /** Opens the archive of the cluster in question. */
    @FunctionalInterface
    public interface Opening {
        /**
         * The archive; the same one each time, once it could be opened.
         *
         * @throws IOException if the store did not answer, or what it answered is damaged
         * @throws org.tidemark.core.UserFacingException if there is no such repository or cluster
         */
        WalArchive open() throws IOException;
    }
}
