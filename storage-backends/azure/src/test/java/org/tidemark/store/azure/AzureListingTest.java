// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;

import com.azure.core.util.BinaryData;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;

/** What else may be in a container. */
@InTurn
class AzureListingTest {
    @Test
    void namesThatCannotBeKeysAreNotListedAndHideNothing() throws Exception {
        URI address = Azurite.newContainer();
        AzureConfig config = Azurite.config(Azurite.server(), address, Map.of());
        try (ObjectStore store = new AzureObjectStore(config);
                AzureContainer container = new AzureContainer(config)) {
            for (int i = 0; i < 20; i++) {
                container.client().getBlobClient("main/b c " + i).upload(BinaryData.fromString("foreign"));
            }
            put(store, "main/a", new byte[1]);
            put(store, "main/d", new byte[1]);

            assertThat(keys(store, "")).containsExactly("main/a", "main/d");
            ObjectPage first = store.list("main/", Optional.empty(), 1);
            assertThat(first.more()).isTrue();
            ObjectPage second = store.list("main/", Optional.of(key("main/a")), 1);
            assertThat(second.objects()).extracting(info -> info.key().value()).containsExactly("main/d");
            assertThat(second.more()).isFalse();
        }
    }

    @Test
    void aKeyBehindEveryoneOfThePrefixIsFollowedByNothing() throws Exception {
        try (ObjectStore store = Azurite.store(Azurite.newContainer(), Map.of())) {
            put(store, "main/a", new byte[1]);

            assertThat(store.list("main/", Optional.of(key("zzz")), 5)).isEqualTo(new ObjectPage(List.of(), false));
            assertThat(store.list("main/", Optional.of(key("a")), 5).objects()).hasSize(1);
        }
    }
}
