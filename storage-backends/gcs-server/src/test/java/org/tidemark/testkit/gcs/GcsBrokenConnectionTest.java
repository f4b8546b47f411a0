// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Requests that end too early: no object is made of them.
 *
 * @see <a href="https://cloud.google.com/storage/docs/consistency">Consistency: an upload is atomic</a>
 */
class GcsBrokenConnectionTest extends GcsServerTest {
    private static final int BLOCK = 256 * 1024;

    // Cloud Storage consistency: an object appears whole, or not at all.
    @Test
    void aBodyThatEndsTooEarlyMakesNoObject() throws IOException {
        String line = "POST " + GcsCalls.UPLOAD + "?uploadType=multipart&ifGenerationMatch=0";
        String part = "--f\r\nContent-Type: application/json\r\n\r\n{\"name\":\"m\"}\r\n--f\r\n\r\nhalf";
        sendAndBreak(line, "Content-Type: multipart/related; boundary=f\r\nContent-Length: 100", part);
        sendAndBreak(
                line,
                "Content-Type: multipart/related; boundary=f\r\nTransfer-Encoding: chunked",
                Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");

        assertThat(gcs.get(GcsCalls.O).json().has("items")).isFalse();
    }

    // RFC 2046: without the closing delimiter the last part has no end.
    @Test
    void aMultipartBodyWithoutItsLastDelimiterMakesNoObject() {
        String body = "--f\r\nContent-Type: application/json\r\n\r\n{\"name\":\"m\"}\r\n--f\r\n\r\nhalf\r\n--";

        Answer refused = gcs.post(
                GcsCalls.UPLOAD + "?uploadType=multipart&ifGenerationMatch=0",
                body,
                "Content-Type",
                "multipart/related; boundary=f");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.O).json().has("items")).isFalse();
    }

    // Resuming an interrupted upload: what is persisted is a multiple of 256 KiB.
    @Test
    void aSessionGoesOnAfterAConnectionBroke() throws IOException {
        String session = gcs.begin("o", "");
        byte[] data = new byte[2 * BLOCK + 10];
        Arrays.fill(data, (byte) 'a');
        String range = "Content-Length: " + data.length + "\r\nContent-Range: bytes 0-" + (data.length - 1) + "/"
                + data.length;
        sendAndBreak("PUT " + session, range, "a".repeat(BLOCK + 100));

        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> gcs.put(session, new byte[0], "bytes */*")
                        .header("Range")
                        .equals("bytes=0-" + (BLOCK - 1)));
        Answer rest = gcs.put(
                session,
                Arrays.copyOfRange(data, BLOCK, data.length),
                "bytes " + BLOCK + "-" + (data.length - 1) + "/" + data.length);

        assertThat(rest.status()).isEqualTo(200);
        assertThat(rest.text("size")).isEqualTo(Integer.toString(data.length));
    }

    // A client that lost its connection asks at once, while the server still waits for bytes on the old one.
    @Test
    void aLaterRequestTakesTheUploadOver() throws IOException {
        String session = gcs.begin("o", "");
        try (Socket stalled = open("PUT " + session, "Content-Length: 10\r\nContent-Range: bytes 0-9/10", "01234")) {
            assertThat(stalled.isConnected()).isTrue();

            Answer asked = gcs.put(session, new byte[0], "bytes */*");
            Answer done = gcs.put(session, "0123456789".getBytes(StandardCharsets.US_ASCII), "bytes 0-9/10");

            assertThat(asked.status()).isEqualTo(308);
            assertThat(done.status()).isEqualTo(200);
        }
        assertThat(gcs.get(GcsCalls.object("o") + "?alt=media").body()).isEqualTo("0123456789");
    }

    private void sendAndBreak(String line, String headers, String body) throws IOException {
        try (Socket socket = open(line, headers, body)) {
            socket.shutdownOutput();
            socket.setSoTimeout(10_000);
            // Nothing comes back: there is nobody to answer.
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        }
    }

    private Socket open(String line, String headers, String body) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream()
                .write((line + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        return socket;
    }
}
