// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.LargeObject;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.Rounds;

/** A large object, put and read by a process that has little memory. */
@InTurn
class AzureLargeObjectTest {
    private static final long MIB = 1024 * 1024;

    private static AzuriteServer server;

    @BeforeAll
    static void start() {
        server = AzuriteServer.onDisk();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void itGoesAndComesInBoundedMemory() throws Exception {
        long bytes = Rounds.of(64, 1024) * MIB + 4711;
        URI address = Azurite.newContainer(server);
        Map<String, String> owner = Map.of(AzureCredential.KEY_VARIABLE, server.key());
        assertSmall("put-and-read", address, bytes, owner);

        URI writeOnce = Azurite.newContainer(server);
        Map<String, String> creator =
                Map.of(AzureCredential.SAS_VARIABLE, Sas.token(server, writeOnce, "c", Duration.ofHours(1)));
        assertSmall("put", writeOnce, bytes, creator);
        try (ObjectStore store = new AzureObjectStore(Azurite.config(server, writeOnce, Map.of()))) {
            LargeObject.compare(store, bytes);
        }
    }

    private static void assertSmall(String what, URI address, long bytes, Map<String, String> environment)
            throws IOException, InterruptedException {
        List<String> arguments = List.of(what, address.toString(), server.endpoint(), Long.toString(bytes));

        assertThat(MeasuredProcess.peakKib(AzureLargeObject.class, environment, arguments))
                .as("KiB resident to %s", what)
                .isLessThan(MeasuredProcess.MOST_KIB);
    }
}
