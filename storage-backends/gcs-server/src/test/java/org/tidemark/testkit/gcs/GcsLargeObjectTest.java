// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/** Objects that do not fit into memory are kept in files, and every reader sees one generation whole. */
class GcsLargeObjectTest extends GcsServerTest {
    // Objects: insert, "Maximum file size: 5 TiB"; here 64 MiB, or 1 GiB in a campaign.
    @Test
    void aLargeObjectIsNotHeldInMemory() throws Exception {
        long size = 1024L * 1024 * Rounds.of(64, 1024);
        long before = usedBytes();

        Answer made = gcs.send(
                "POST",
                GcsCalls.UPLOAD + "?uploadType=media&name=large",
                BodyPublishers.ofInputStream(() -> new Zeros(size)));

        assertThat(made.text("size")).isEqualTo(Long.toString(size));
        assertThat(usedBytes() - before).isLessThan(32L * 1024 * 1024);
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> read = http.send(
                    HttpRequest.newBuilder(server.endpoint().resolve(GcsCalls.object("large") + "?alt=media"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = read.body()) {
                assertThat(crc32c(in)).isEqualTo(crc32c(new Zeros(size)));
            }
        }
    }

    // Consistency: a reader of an object that is replaced gets the old one, whole.
    @Test
    void aReaderIsNotDisturbedByADeletion() throws Exception {
        int size = 8 * 1024 * 1024;
        gcs.send("POST", GcsCalls.UPLOAD + "?uploadType=media&name=r", BodyPublishers.ofByteArray(new byte[size]));
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> read = http.send(
                    HttpRequest.newBuilder(server.endpoint().resolve(GcsCalls.object("r") + "?alt=media"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(gcs.delete(GcsCalls.object("r")).status()).isEqualTo(204);

            try (InputStream in = read.body()) {
                assertThat(in.readAllBytes()).hasSize(size);
            }
        }
    }

    private static long crc32c(InputStream in) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[64 * 1024];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            crc.update(buffer, 0, count);
        }
        return crc.getValue();
    }

    private static long usedBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long size) {
            left = size;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) {
            if (left <= 0) {
                return -1;
            }
            int read = (int) Math.min(count, left);
            Arrays.fill(bytes, offset, offset + read, (byte) 0);
            left -= read;
            return read;
        }
    }
}
