// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PastContract;
import org.tidemark.testkit.StoreAccess;

/** A bucket with versions, read as of moments of the past. */
@InTurn
class GcsPastTest {
    @Test
    void eachMomentIsReadAsItWas() throws Exception {
        ServedBucket.server().withVersionsBucket("past");
        try (ObjectStore now = ServedBucket.open("past/prod", Map.of())) {
            PastContract.run(now, moment -> ServedBucket.open("past/prod", Map.of("as-of", moment.toString())));
        }
    }

    @Test
    void aBucketWithoutVersionsIsDenied() throws Exception {
        try (ObjectStore past = ServedBucket.open(ServedBucket.newBucket(), Map.of("as-of", "2026-11-27T10:00:00Z"))) {
            assertThatThrownBy(() -> past.stat(StoreAccess.key("a")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("keeps no versions");
        }
    }

    @Test
    void aMomentNeedsItsZone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServedBucket.open("past", Map.of("as-of", "2026-11-27T10:00:00")))
                .withMessageContaining("a time with its zone");
    }
}
