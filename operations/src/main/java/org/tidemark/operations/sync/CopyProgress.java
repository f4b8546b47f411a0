// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import org.tidemark.replicate.SyncListener;

/** Shows how far one copy is, until it is closed. */
public interface CopyProgress extends SyncListener, AutoCloseable {
    @Override
    void close();
}
