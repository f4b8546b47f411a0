// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.MeteredStore;
import org.tidemark.store.StoreUse;
import org.tidemark.store.StoreUse.Use;
import org.tidemark.testkit.Fault.Lasting;
import org.tidemark.testkit.Fault.Moment;

class MeteredStoreTest {
    @Test
    void callsBytesAndFailuresAreCountedForEachOperation() throws IOException {
        MeteredStore store = new MeteredStore(new MemoryStore(Clock.systemUTC()));

        put(store, "a", new byte[100]);
        assertThatThrownBy(() -> put(store, "a", new byte[7])).hasMessageContaining("exists");
        read(store, "a");
        assertThat(store.stat(key("a"))).isPresent();
        assertThat(StoreAccess.keys(store, "")).hasSize(1);
        store.delete(List.of(key("a")));

        assertThat(store.use())
                .isEqualTo(new StoreUse(
                        new Use(2, 0, 100), new Use(1, 0, 100), new Use(1, 0, 0), new Use(1, 0, 0), new Use(1, 0, 0)));
    }

    @Test
    void aStreamThatBreaksOffIsAFailure() throws IOException {
        MemoryStore memory = new MemoryStore(Clock.systemUTC());
        put(memory, "a", new byte[100]);
        MeteredStore store =
                new MeteredStore(new FaultyStore(memory, new Fault(1, Moment.HALF_WAY, Lasting.FROM_THEN_ON)));

        assertThatThrownBy(() -> read(store, "a")).hasMessageContaining("on purpose");
        assertThatThrownBy(() -> put(store, "b", new byte[9])).hasMessageContaining("on purpose");

        assertThat(store.use().open()).isEqualTo(new Use(1, 1, 50));
        assertThat(store.use().put()).isEqualTo(new Use(1, 1, 0));
    }
}
