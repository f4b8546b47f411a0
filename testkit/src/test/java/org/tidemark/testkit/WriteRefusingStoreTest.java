// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.WriteRefusingStore;

class WriteRefusingStoreTest {
    private final ObjectStore atomic = new MemoryStore(Clock.systemUTC());
    private final ObjectStore checked = new DelegatingStore(atomic) {
        @Override
        public StoreTraits traits() {
            return new StoreTraits(ExclusiveCreate.CHECKED);
        }
    };

    @Test
    void aStoreThatCannotExcludeOthersIsReadButNotWrittenWithoutTheOperatorsWord() throws IOException {
        put(checked, "there", new byte[] {1});

        ObjectStore guarded = WriteRefusingStore.guard(checked, false);

        assertThat(read(guarded, "there")).containsExactly(1);
        assertThatThrownBy(() -> put(guarded, "new", new byte[1]))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("single-writer = true");
        assertThat(checked.stat(StoreAccess.key("new"))).isEmpty();
    }

    @Test
    void withTheOperatorsWordItIsWritten() throws IOException {
        put(WriteRefusingStore.guard(checked, true), "new", new byte[] {2});

        assertThat(read(checked, "new")).containsExactly(2);
    }

    @Test
    void aStoreThatExcludesOthersNeedsNoWord() {
        assertThat(WriteRefusingStore.guard(atomic, false)).isSameAs(atomic);
    }
}
