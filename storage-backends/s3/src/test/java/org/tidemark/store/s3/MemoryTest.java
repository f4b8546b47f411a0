// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.Rounds;

@InTurn
class MemoryTest {
    private static final int MEBIBYTE = 1024 * 1024;

    @Test
    void aLargeObjectGoesAndComesInBoundedMemory() throws Exception {
        long bytes = (long) Rounds.of(64, 1024) * MEBIBYTE + 4711;
        S3Server server = S3ProxyServer.get();
        List<String> arguments = List.of(
                "http://127.0.0.1:" + server.port(),
                server.keyId(),
                server.secretFile().toString(),
                server.newBucket(),
                Long.toString(bytes));

        assertThat(MeasuredProcess.peakKib(S3LargeObject.class, Map.of(), arguments))
                .as("KiB resident")
                .isLessThan(MeasuredProcess.MOST_KIB);
    }
}
