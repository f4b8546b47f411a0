// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;

import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.SmallDiskContract;

class SmallDiskTest extends SmallDiskContract {
    SmallDiskTest() {
        super(new ServedDirectories());
    }

    @Test
    void theDirectoryBelowADiskThatWasUnmountedIsNotTheStore() throws Exception {
        ObjectStore store = mountedStore("size=1m");
        put(store, "main/a", new byte[1]);
        unmountAlone();

        assertThatThrownBy(() -> store.stat(key("main/a")))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("another file system");
        assertThatThrownBy(() -> put(store, "main/b", new byte[1])).isInstanceOf(StorageUnavailable.class);
        assertThatThrownBy(() -> keys(store, "")).isInstanceOf(StorageUnavailable.class);
        assertThat(root()).isEmptyDirectory();
    }
}
