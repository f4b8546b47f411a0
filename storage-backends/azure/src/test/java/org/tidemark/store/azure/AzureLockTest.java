// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;

/** Azurite knows no locks, so what is sent is looked at. */
@InTurn
class AzureLockTest {
    private final List<String> received = new CopyOnWriteArrayList<>();

    @Test
    @Timeout(60)
    void aLockEndsByTheClockOfTheService() throws Exception {
        try (ServerSocket service = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> {
                answer(service, "404 Not Found");
                answer(service, "201 Created");
                answer(service, "201 Created");
            });
            String endpoint = Azurite.server().endpointAt(service.getLocalPort());
            try (ObjectStore store =
                    Azurite.store(Azurite.nowhere(), Map.of("endpoint", endpoint, "lock-for", "10d"))) {
                put(store, "main/a", new byte[] {1});
                put(store, "main/b", new byte[] {2});
            }
            answering.join();
        }

        assertThat(received).filteredOn(line -> line.startsWith("HEAD ")).hasSize(1);
        assertThat(received)
                .filteredOn(line -> line.toLowerCase(Locale.ROOT).startsWith("x-ms-immutability-policy-until-date:"))
                .hasSize(2)
                .allMatch(line -> line.contains("11 Jan 2041"));
    }

    private void answer(ServerSocket service, String status) {
        try (Socket client = service.accept()) {
            client.setSoTimeout(10_000);
            BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
            int length = 0;
            for (String line = request.readLine(); line != null && !line.isEmpty(); line = request.readLine()) {
                received.add(line);
                if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    length = Integer.parseInt(line.substring(15).strip());
                }
            }
            for (int i = 0; i < length; i++) {
                request.read();
            }
            client.getOutputStream()
                    .write(("HTTP/1.1 " + status + "\r\nDate: Tue, 01 Jan 2041 12:00:00 GMT\r\nContent-Length: 0\r\n"
                                    + "x-ms-error-code: BlobNotFound\r\nConnection: close\r\n\r\n")
                            .getBytes(US_ASCII));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
