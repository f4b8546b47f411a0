// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.LargeObject;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.Rounds;

@InTurn
class LargeObjectTest {
    private static final int MEBIBYTE = 1024 * 1024;

    @Test
    void aLargeObjectGoesAndComesInBoundedMemory() throws Exception {
        String bucket = ServedBucket.newBucket();
        long bytes = (long) Rounds.of(64, 1024) * MEBIBYTE + 4711;
        List<String> arguments =
                List.of("gs://" + bucket, ServedBucket.server().endpoint().toString(), Long.toString(bytes));

        assertThat(MeasuredProcess.peakKib(GcsLargeObject.class, Map.of(), arguments))
                .as("KiB resident")
                .isLessThan(MeasuredProcess.MOST_KIB);
        try (ObjectStore store = ServedBucket.open(bucket, Map.of())) {
            store.delete(List.of(LargeObject.KEY));
        }
    }
}
