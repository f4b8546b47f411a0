// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BlobDeletionTest {
    private final AzureErrors errors = new AzureErrors(Azurite.config(
            "http://127.0.0.1:1", Azurite.nowhere(), Map.of(), Map.of(AzureCredential.KEY_VARIABLE, "a2V5")));

    @Test
    void anyErrorOfOneTaskEndsTheDeletion() {
        assertThatThrownBy(() -> BlobDeletion.runAll(
                        List.of(() -> true, () -> {
                            throw new NoClassDefFoundError("made up");
                        }),
                        errors))
                .isInstanceOf(NoClassDefFoundError.class);
    }
}
