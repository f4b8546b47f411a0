// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;

class LargeObjectTest {
    private static final int MEBIBYTE = 1024 * 1024;

    @Test
    void aLargeObjectGoesAndComesInBoundedMemory() throws Exception {
        long bytes = (long) Rounds.of(64, 1024) * MEBIBYTE + 4711;
        OpenSshServer server = ServedStore.server();
        Path root = server.newDirectory();
        List<String> arguments = List.of(
                ServedStore.address(server, server.port(), root).toString(),
                server.clientKey().toString(),
                server.knownHosts().toString(),
                Long.toString(bytes));

        assertThat(MeasuredProcess.peakKib(SftpLargeObject.class, Map.of(), arguments))
                .as("KiB resident")
                .isLessThan(MeasuredProcess.MOST_KIB);
        assertThat(Files.size(root.resolve("main/large"))).isEqualTo(bytes);
        Files.delete(root.resolve("main/large"));
    }

    @Test
    void aConnectionThatChangesItsKeysAgainAndAgainLosesNothing() throws IOException {
        byte[] bytes = StoreAccess.randomBytes(Rounds.random(), 20 * MEBIBYTE);
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP, List.of("RekeyLimit 4M", "LogLevel DEBUG1"));
                ObjectStore store = ServedStore.open(server, server.newDirectory(), Map.of())) {
            StoreAccess.put(store, "main/a", bytes);

            assertThat(StoreAccess.read(store, "main/a")).isEqualTo(bytes);
            assertThat(server.log()).contains("set_newkeys: rekeying");
        }
    }
}
