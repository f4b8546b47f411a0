// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.StoreAccess;

class ClaimedObjectsTest {
    private static final ObjectKey KEY = new ObjectKey("backup/bundle");

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final ClaimedObjects objects = new ClaimedObjects(store);

    @Test
    void theSameObjectFromAnEarlierTryIsSuccessAndAnotherIsNot() throws IOException {
        objects.put(KEY, source("frames"), StoredObject.of(source("frames")));
        objects.put(KEY, source("frames"), StoredObject.of(source("frames")));

        assertThatThrownBy(() -> objects.put(KEY, source("others"), StoredObject.of(source("others"))))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("different content");
        assertThat(StoreAccess.read(store, KEY.value())).asString().isEqualTo("frames");
    }

    private static ObjectSource source(String text) {
        return ObjectSource.of(text.getBytes(StandardCharsets.US_ASCII));
    }
}
