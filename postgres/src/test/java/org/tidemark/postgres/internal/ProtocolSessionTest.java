// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ExitCode;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.postgres.internal.ProtocolSession.ResultRow;

/** What a broken server or network may send; the right conversation is tested with real servers. */
class ProtocolSessionTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final List<Socket> sockets = new ArrayList<>();
    private final ByteArrayOutputStream script = new ByteArrayOutputStream();

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            sockets.add(new Socket(server.getInetAddress(), server.getLocalPort()));
            sockets.add(server.accept());
        }
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void rowsAreReadWithNullsAndNoticesInBetween() throws IOException {
        List<ServerMessage> notices = new ArrayList<>();
        message('T', 0, 2);
        message('N', bytes("VWARNING\0C01000\0Mbeware\0RsendDir\0\0"));
        message('S', bytes("TimeZone\0UTC\0"));
        message('D', 0, 2, 0, 0, 0, 1, 'x', 255, 255, 255, 255);
        message('C', bytes("SHOW\0"));
        message('Z', 'I');
        ProtocolSession session = session();
        session.onNotice(notices::add);

        List<ResultRow> rows = session.query("SHOW x", "a row", LIMIT);

        assertThat(rows).singleElement().satisfies(row -> {
            assertThat(row.text(0)).hasValue("x");
            assertThat(row.text(1)).isEmpty();
            assertThat(row.text(2)).isEmpty();
        });
        assertThat(notices).containsExactly(new ServerMessage("WARNING", "01000", "beware", "", "", "sendDir"));
    }

    @Test
    void aRefusalIsThrownWithItsSqlStateAndTheSessionGoesOn() throws IOException {
        message('E', bytes("SFEHLER\0VERROR\0C42704\0Mgibt es nicht\0Dx\0\0"));
        message('Z', 'I');
        message('T', 0, 0);
        message('C', bytes("SHOW\0"));
        message('Z', 'I');
        ProtocolSession session = session();

        assertThatExceptionOfType(PostgresException.class)
                .isThrownBy(() -> session.query("SHOW x", "the setting 'x'", LIMIT))
                .withMessageContaining("refused the setting 'x': gibt es nicht (x) (SQLSTATE 42704)")
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_REFUSED))
                .satisfies(e -> assertThat(e.sqlState()).hasValue("42704"));
        assertThat(session.query("SHOW y", "the setting 'y'", LIMIT)).isEmpty();
    }

    @Test
    void lengthsThatCannotBeAreRefusedBeforeAnyMemoryIsTaken() throws IOException {
        fails(ExitCode.POSTGRES_UNAVAILABLE, "length 3", 'T', 0, 0, 0, 3);
        fails(ExitCode.POSTGRES_UNAVAILABLE, "length -1", 'T', 255, 255, 255, 255);
        fails(ExitCode.POSTGRES_UNAVAILABLE, "length 2147483647", 'T', 127, 255, 255, 255);
        // A field of a row that reaches past its message.
        fails(ExitCode.POSTGRES_UNAVAILABLE, "a field of 16777216 bytes", 'D', 0, 0, 0, 10, 0, 1, 1, 0, 0, 0);
        // A message that ends within a number, and a text that has no end.
        fails(ExitCode.POSTGRES_UNAVAILABLE, "ends within a field", 'D', 0, 0, 0, 5, 0);
        fails(ExitCode.POSTGRES_UNAVAILABLE, "ends within a field", 'E', 0, 0, 0, 6, 'M', 'x');
        fails(ExitCode.POSTGRES_UNAVAILABLE, "message 'q'", 'q', 0, 0, 0, 4);
    }

    @Test
    void aConnectionThatEndsWithinAMessageIsLost() throws IOException {
        sockets.get(1).getOutputStream().write(new byte[] {'T', 0, 0, 0, 100, 1, 2, 3});
        sockets.get(1).close();

        assertThatExceptionOfType(PostgresException.class)
                .isThrownBy(() -> session().result())
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE));
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws IOException {
        ProtocolSession session = session();

        assertThatExceptionOfType(PostgresException.class)
                .isThrownBy(() -> session.query("SHOW x", "the setting 'x'", Duration.ofMillis(200)))
                .withMessageContaining("the setting 'x'")
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.TIMED_OUT));
    }

    private void fails(ExitCode code, String text, int... sent) throws IOException {
        close();
        sockets.clear();
        connect();
        script.reset();
        for (int each : sent) {
            script.write(each);
        }
        ProtocolSession session = session();

        assertThatExceptionOfType(PostgresException.class)
                .isThrownBy(() -> session.query("SHOW x", "an answer", LIMIT))
                .withMessageContaining(text)
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(code));
    }

    private ProtocolSession session() throws IOException {
        if (!sockets.get(1).isClosed()) {
            sockets.get(1).getOutputStream().write(script.toByteArray());
        }
        PostgresErrors errors =
                new PostgresErrors(new ServerAddress("db1", 5432), "u", Login.Purpose.REPLICATION, "there is none");
        return new ProtocolSession(new Wire(sockets.get(0), sockets.get(0), errors));
    }

    private void message(char type, int... content) throws IOException {
        DataOutputStream out = new DataOutputStream(script);
        out.writeByte(type);
        out.writeInt(4 + content.length);
        for (int each : content) {
            out.writeByte(each);
        }
    }

    private static int[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] values = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = bytes[i];
        }
        return values;
    }
}
