// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Uploads in one request.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/insert">Objects: insert</a>
 * @see <a href="https://cloud.google.com/storage/docs/data-validation">Data validation</a>
 */
class GcsUploadTest extends GcsServerTest {
    /** The CRC-32C of the five bytes of hello, by the examples of RFC 3720. */
    private static final String CRC = "mnG7TA==";

    // Objects: insert; Objects, resource representation.
    @Test
    void anUploadMakesAnObjectWithItsChecksum() {
        Answer made = gcs.put("a/b c+d", "hello");

        assertThat(made.status()).isEqualTo(200);
        assertThat(made.text("kind")).isEqualTo("storage#object");
        assertThat(made.text("name")).isEqualTo("a/b c+d");
        assertThat(made.text("bucket")).isEqualTo("box");
        assertThat(made.text("size")).isEqualTo("5");
        assertThat(made.text("crc32c")).isEqualTo(CRC);
        assertThat(made.text("storageClass")).isEqualTo("STANDARD");
        assertThat(Long.parseLong(made.text("generation"))).isPositive();
        assertThat(gcs.get(GcsCalls.object("a/b c+d") + "?alt=media").body()).isEqualTo("hello");
    }

    // Objects: insert, "uploadType=multipart".
    @Test
    void multipartTakesMetadataAndDataWithLineEndsAndBoundariesInIt() {
        String data = "\r\n--fron\r\n--frontie\r\r\n-";

        Answer made = gcs.multipart("{\"name\":\"m\\\"\\u0077\\\\\"}", data, "");

        assertThat(made.status()).isEqualTo(200);
        assertThat(made.text("name")).isEqualTo("m\"w\\");
        assertThat(gcs.get(GcsCalls.object("m\"w\\") + "?alt=media").body()).isEqualTo(data);
    }

    // Data validation: an upload whose checksum does not match is refused; status codes, 400 "invalid".
    @Test
    void aWrongChecksumIsRefusedAndNoObjectIsMade() {
        Answer wrongCrc = gcs.multipart("{\"name\":\"w\",\"crc32c\":\"AAAAAA==\"}", "hello", "");
        Answer wrongHeader = gcs.put("w", "hello", "x-goog-hash", "crc32c=AAAAAA==");

        assertThat(wrongCrc.status()).isEqualTo(400);
        assertThat(wrongCrc.reason()).isEqualTo("invalid");
        assertThat(wrongHeader.status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("w")).status()).isEqualTo(404);
        assertThat(gcs.multipart("{\"name\":\"w\",\"crc32c\":\"" + CRC + "\"}", "hello", "")
                        .status())
                .isEqualTo(200);
    }

    // Objects: insert, kmsKeyName; Objects, storageClass.
    @Test
    void keyOfKmsAndStorageClassAreKept() {
        String key = "projects/p/locations/eu/keyRings/r/cryptoKeys/k";

        Answer made = gcs.multipart(
                "{\"name\":\"k\",\"storageClass\":\"NEARLINE\"}", "x", "&kmsKeyName=" + GcsCalls.encoded(key));

        assertThat(made.text("storageClass")).isEqualTo("NEARLINE");
        assertThat(made.text("kmsKeyName")).isEqualTo(key + "/cryptoKeyVersions/1");
        assertThat(gcs.multipart("{\"name\":\"k\",\"storageClass\":\"COLD\"}", "x", "")
                        .reason())
                .isEqualTo("invalid");
    }

    // Status codes, "notFound".
    @Test
    void anUploadWithoutNameOrBucketIsRefused() {
        assertThat(gcs.multipart("{}", "x", "").reason()).isEqualTo("invalid");
        assertThat(gcs.post("/upload/storage/v1/b/none/o?uploadType=resumable&ifGenerationMatch=0&name=n", "")
                        .status())
                .isEqualTo(404);
    }
}
