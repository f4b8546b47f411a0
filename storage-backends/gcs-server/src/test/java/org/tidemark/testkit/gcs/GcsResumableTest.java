// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Uploads in several requests.
 *
 * @see <a href="https://cloud.google.com/storage/docs/performing-resumable-uploads">Performing resumable uploads</a>
 * @see <a href="https://cloud.google.com/storage/docs/resumable-uploads">Resumable uploads</a>
 */
class GcsResumableTest extends GcsServerTest {
    private static final int BLOCK = 256 * 1024;
    private static final byte[] NOTHING = {};

    private final byte[] data = data(3 * BLOCK + 5);

    // Multiple chunk upload: chunks are multiples of 256 KiB but for the last; 308 with a Range header.
    @Test
    void chunksMakeAnObject() {
        String session = gcs.begin("o", "{\"storageClass\":\"COLDLINE\"}");

        Answer first = gcs.put(session, part(0, 2 * BLOCK), "bytes 0-" + (2 * BLOCK - 1) + "/*");
        Answer last = gcs.put(
                session,
                part(2 * BLOCK, data.length),
                "bytes " + 2 * BLOCK + "-" + (data.length - 1) + "/" + data.length);

        assertThat(first.status()).isEqualTo(308);
        assertThat(first.header("Range")).isEqualTo("bytes=0-" + (2 * BLOCK - 1));
        assertThat(first.body()).isEmpty();
        assertThat(last.status()).isEqualTo(200);
        assertThat(last.text("storageClass")).isEqualTo("COLDLINE");
        assertThat(content("o")).isEqualTo(data);
    }

    // Status check: 308 without Range if nothing is there, with Range else, 200 if it is complete.
    @Test
    void theStatusCanBeAskedFor() {
        String session = gcs.begin("o", "");
        Answer none = gcs.put(session, NOTHING, "bytes */*");
        gcs.put(session, part(0, BLOCK), "bytes 0-" + (BLOCK - 1) + "/" + data.length);
        Answer some = gcs.put(session, NOTHING, "bytes */" + data.length);
        gcs.put(session, part(BLOCK, data.length), "bytes " + BLOCK + "-" + (data.length - 1) + "/" + data.length);

        Answer all = gcs.put(session, NOTHING, "bytes */" + data.length);

        assertThat(none.status()).isEqualTo(308);
        assertThat(none.headers().firstValue("Range")).isEmpty();
        assertThat(some.status()).isEqualTo(308);
        assertThat(some.header("Range")).isEqualTo("bytes=0-" + (BLOCK - 1));
        assertThat(all.status()).isEqualTo(200);
        assertThat(all.text("size")).isEqualTo(Integer.toString(data.length));
    }

    // Multiple chunk upload, unknown size: the total comes with an empty last request.
    @Test
    void anEmptyRequestWithTheTotalEndsTheObject() {
        String session = gcs.begin("o", "");
        gcs.put(session, part(0, BLOCK), "bytes 0-" + (BLOCK - 1) + "/*");

        assertThat(gcs.put(session, NOTHING, "bytes */" + (2 * BLOCK)).status()).isEqualTo(308);
        assertThat(gcs.put(session, NOTHING, "bytes */0").status()).isEqualTo(308);
        assertThat(gcs.put(session, NOTHING, "bytes */" + BLOCK).status()).isEqualTo(200);

        assertThat(content("o")).isEqualTo(part(0, BLOCK));
        assertThat(gcs.put(gcs.begin("empty", ""), NOTHING, "bytes */0").status())
                .isEqualTo(200);
        assertThat(content("empty")).isEmpty();
    }

    // Resumable uploads, resent data: bytes at an offset that is persisted already are ignored.
    @Test
    void bytesThatAreThereAlreadyAreIgnored() {
        String session = gcs.begin("o", "");
        gcs.put(session, part(0, 2 * BLOCK), "bytes 0-" + (2 * BLOCK - 1) + "/" + data.length);
        byte[] again = part(BLOCK - 7, data.length);
        Arrays.fill(again, 0, BLOCK, (byte) 99);

        Answer last = gcs.put(session, again, "bytes " + (BLOCK - 7) + "-" + (data.length - 1) + "/" + data.length);

        assertThat(last.status()).isEqualTo(200);
        assertThat(content("o")).isEqualTo(data);
    }

    // Chunks are multiples of 256 KiB: of another chunk the rest is not persisted.
    @Test
    void whatIsNoMultipleIsNotKept() {
        String session = gcs.begin("o", "");

        Answer more = gcs.put(session, part(0, BLOCK + 100), "bytes 0-" + (BLOCK + 99) + "/*");

        assertThat(more.status()).isEqualTo(308);
        assertThat(more.header("Range")).isEqualTo("bytes=0-" + (BLOCK - 1));
    }

    // What Google answers by the documented scenarios of its client library (S.5): 503.
    @Test
    void anOffsetAheadOfWhatIsThereIsRefused() {
        String session = gcs.begin("o", "");

        Answer ahead = gcs.put(session, part(BLOCK, 2 * BLOCK), "bytes " + BLOCK + "-" + (2 * BLOCK - 1) + "/*");

        assertThat(ahead.status()).isEqualTo(503);
    }

    // RFC 9110 section 14.4; status codes, "invalid".
    @Test
    void wrongRangesAreRefused() {
        String session = gcs.begin("o", "");

        assertThat(gcs.put(session, part(0, 5), "bytes 0-9/10").status()).isEqualTo(400);
        assertThat(gcs.put(session, part(0, 5), "octets 0-4/100").status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o")).status()).isEqualTo(404);
    }

    // Objects: insert: parameters "can be used in the initial POST request but are ignored in the subsequent PUT".
    @Test
    void conditionsAreLookedAtWhenTheObjectIsMade() {
        String early = gcs.begin("o", "");
        gcs.put("o", "first");

        Answer refused = gcs.put(early, data("x"), "bytes 0-0/1");

        assertThat(refused.status()).isEqualTo(412);
        assertThat(refused.reason()).isEqualTo("conditionNotMet");
        assertThat(gcs.put(early, NOTHING, "bytes */*").status()).isEqualTo(410);
        assertThat(gcs.get(GcsCalls.object("o") + "?alt=media").body()).isEqualTo("first");
    }

    // Data validation; Resumable uploads, integrity checks: of the metadata, and of x-goog-hash in the last request.
    @Test
    void checksumsAreComparedAtTheEnd() {
        String inMetadata = gcs.begin("a", "{\"crc32c\":\"AAAAAA==\"}");
        String inHeader = gcs.begin("b", "");

        assertThat(gcs.put(inMetadata, data("hello"), "bytes 0-4/5").status()).isEqualTo(400);
        assertThat(gcs.put(inHeader, data("hello"), "bytes 0-4/5", "x-goog-hash", "crc32c=AAAAAA==")
                        .status())
                .isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("a")).status()).isEqualTo(404);
        assertThat(gcs.get(GcsCalls.object("b")).status()).isEqualTo(404);
        assertThat(gcs.put(gcs.begin("b", ""), data("hello"), "bytes 0-4/5", "x-goog-hash", "crc32c=mnG7TA==")
                        .status())
                .isEqualTo(200);
    }

    // Session URIs live for a week; status codes, 410: the session "is no longer available".
    @Test
    void anExpiredSessionIsGoneAndAnUnknownOneIsNotFound() {
        String session = gcs.begin("o", "");
        server.expireSessions();

        assertThat(gcs.put(session, data("x"), "bytes 0-0/1").status()).isEqualTo(410);
        assertThat(gcs.put(GcsCalls.UPLOAD + "?uploadType=resumable&upload_id=none", data("x"), "bytes 0-0/1")
                        .status())
                .isEqualTo(404);
    }

    private String text(String name) {
        return gcs.get(GcsCalls.object(name) + "?alt=media").body();
    }

    private byte[] content(String name) {
        return text(name).getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] part(int from, int to) {
        return Arrays.copyOfRange(data, from, to);
    }

    private static byte[] data(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] data(int length) {
        byte[] data = new byte[length];
        new Random(7).nextBytes(data);
        return data;
    }
}
