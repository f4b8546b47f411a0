// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.ObjectStoreContract;

class SftpObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() {
        return ServedStore.fresh();
    }
}
