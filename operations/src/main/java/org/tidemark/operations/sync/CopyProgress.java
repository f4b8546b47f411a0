// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import org.tidemark.replicate.ArchiveSync;

/** Shows how far one copy is, until it is closed. */
public interface CopyProgress extends ArchiveSync.Listener, AutoCloseable {
    @Override
    void close();
}
