// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.LargeObject;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SwiftServer;

@InTurn
class LargeObjectTest {
    private static final int MEBIBYTE = 1024 * 1024;

    @Test
    void aLargeObjectGoesAndComesInBoundedMemory() throws Exception {
        long bytes = (long) Rounds.of(64, 1024) * MEBIBYTE + 4711;
        String container = SwiftServer.shared().newContainer();
        List<String> arguments = new ArrayList<>(List.of("swift://" + container, Long.toString(bytes)));
        SwiftStores.options(SwiftServer.WRITER).forEach((name, value) -> arguments.addAll(List.of(name, value)));

        assertThat(MeasuredProcess.peakKib(SwiftLargeObject.class, Map.of(), arguments))
                .as("KiB resident")
                .isLessThan(MeasuredProcess.MOST_KIB);
        try (ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER)) {
            assertThat(store.stat(LargeObject.KEY).orElseThrow().sizeBytes()).isEqualTo(bytes);
            store.delete(List.of(LargeObject.KEY));
        }
    }
}
