// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ServerClock;

/** What time it is where the objects are. */
class ServerClockTest {
    private final ServerClock clock = new ServerClock();

    /** The clock of the host is years slow or fast. */
    @Test
    void theTimeIsThatOfTheServicesLastAnswer() throws Exception {
        assertThat(clock.now()).isEmpty();
        try (ServerSocket service = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int port = service.getLocalPort();
            GcsTransport transport = new GcsTransport(ServedBucket.config("any", port, Map.of()), clock);
            for (int year : new int[] {2041, 2011}) {
                Thread answering = Thread.ofVirtual()
                        .start(() -> answer(service, (year == 2041 ? "Tue, " : "Sat, ") + "1 Jan " + year));
                HttpResponse answer = transport
                        .create()
                        .createRequestFactory()
                        .buildGetRequest(new GenericUrl("http://127.0.0.1:" + port + "/"))
                        .execute();
                answer.disconnect();
                answering.join();

                assertThat(clock.now().orElseThrow())
                        .isCloseTo(Instant.parse(year + "-01-01T12:00:00Z"), within(1, ChronoUnit.MINUTES));
            }
        }
    }

    @Test
    void whatIsNoTimeChangesNothing() {
        clock.heard("soon");
        clock.heard(null);

        assertThat(clock.now()).isEmpty();
    }

    private static void answer(ServerSocket service, String day) {
        try (Socket client = service.accept()) {
            client.setSoTimeout(10_000);
            BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
            for (String line = request.readLine(); line != null && !line.isEmpty(); ) {
                line = request.readLine();
            }
            client.getOutputStream()
                    .write(("HTTP/1.1 200 OK\r\nDate: " + day + " 12:00:00 GMT\r\nContent-Length: 0\r\n"
                                    + "Connection: close\r\n\r\n")
                            .getBytes(US_ASCII));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
