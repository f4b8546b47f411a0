// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import org.tidemark.store.rsync.RsyncAddress.Transport;

/** Opens {@code rsync+ssh://user@host:port/absolute/path}. Thread-safe. */
public final class RsyncSshStoreProvider extends RsyncStoreProvider {
    /** Makes the provider of this address scheme. */
    public RsyncSshStoreProvider() {
        super(Transport.SSH);
    }
}
