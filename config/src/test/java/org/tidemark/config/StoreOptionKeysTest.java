// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.WriteRefusingStore;

/** The configuration knows what the stores take, and nothing that none of them does. */
class StoreOptionKeysTest {
    @Test
    void everyOptionOfEveryStoreIsAKeyAndEveryKeyIsAnOptionOfAStore() {
        TreeSet<String> taken = new TreeSet<>(List.of(WriteRefusingStore.OPTION));
        TreeSet<String> schemes = new TreeSet<>();
        for (ObjectStoreProvider provider : ServiceLoader.load(ObjectStoreProvider.class)) {
            schemes.add(provider.scheme());
            taken.addAll(provider.options());
        }
        TreeSet<String> known = new TreeSet<>();
        for (KnownKey key : KnownKey.values()) {
            if (key.isStoreOption()) {
                known.add(key.parts().getLast());
            }
        }

        assertThat(schemes).containsExactly("azure", "file", "gs", "rsync", "rsync+ssh", "s3", "sftp", "swift");
        assertThat(known).isEqualTo(taken);
    }
}
