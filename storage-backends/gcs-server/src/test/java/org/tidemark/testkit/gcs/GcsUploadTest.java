// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Uploads in one request.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/insert">Objects: insert</a>
 * @see <a href="https://cloud.google.com/storage/docs/data-validation">Data validation</a>
 */
class GcsUploadTest extends GcsServerTest {
    /** Of the five bytes of hello, by openssl and by the examples of RFC 3720. */
    private static final String MD5 = "XUFAKrxLKna5cZ2REBfFkg==";

    private static final String CRC = "mnG7TA==";

    // Objects: insert, "uploadType=media"; Objects, resource representation.
    @Test
    void mediaMakesAnObjectWithItsChecksums() {
        Answer made = gcs.media("a/b c+d", "hello", "", "Content-Type", "text/x-wal");

        assertThat(made.status()).isEqualTo(200);
        assertThat(made.text("kind")).isEqualTo("storage#object");
        assertThat(made.text("name")).isEqualTo("a/b c+d");
        assertThat(made.text("bucket")).isEqualTo("box");
        assertThat(made.text("size")).isEqualTo("5");
        assertThat(made.text("md5Hash")).isEqualTo(MD5);
        assertThat(made.text("crc32c")).isEqualTo(CRC);
        assertThat(made.text("contentType")).isEqualTo("text/x-wal");
        assertThat(made.text("metageneration")).isEqualTo("1");
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
        assertThat(made.text("contentType")).isEqualTo("text/plain");
        assertThat(gcs.get(GcsCalls.object("m\"w\\") + "?alt=media").body()).isEqualTo(data);
    }

    // Data validation: an upload whose checksum does not match is refused; status codes, 400 "invalid".
    @Test
    void aWrongChecksumIsRefusedAndNoObjectIsMade() {
        Answer wrongCrc = gcs.multipart("{\"name\":\"w\",\"crc32c\":\"AAAAAA==\"}", "hello", "");
        Answer wrongMd5 = gcs.multipart("{\"name\":\"w\",\"md5Hash\":\"" + MD5 + "\"}", "other", "");
        Answer wrongHeader = gcs.media("w", "hello", "", "x-goog-hash", "crc32c=AAAAAA==");

        assertThat(wrongCrc.status()).isEqualTo(400);
        assertThat(wrongCrc.reason()).isEqualTo("invalid");
        assertThat(wrongMd5.status()).isEqualTo(400);
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
        assertThat(gcs.media("k", "x", "&kmsKeyName=nonsense").reason()).isEqualTo("cloudKmsBadKey");
        assertThat(gcs.multipart("{\"name\":\"k\",\"storageClass\":\"COLD\"}", "x", "")
                        .reason())
                .isEqualTo("invalidArgument");
    }

    // Object names: up to 1024 bytes of UTF-8, no carriage return or line feed, neither "." nor "..".
    @Test
    void aNameThatIsNotAllowedIsRefused() {
        assertThat(gcs.media("..", "x", "").status()).isEqualTo(400);
        assertThat(gcs.media("a\nb", "x", "").status()).isEqualTo(400);
        assertThat(gcs.media("x".repeat(1025), "x", "").status()).isEqualTo(400);
        assertThat(gcs.media("x".repeat(1024), "x", "").status()).isEqualTo(200);
    }

    // Status codes, "required", "wrongUrlForUpload" and "notFound".
    @Test
    void anUploadWithoutNameTypeOrBucketIsRefused() {
        assertThat(gcs.post(GcsCalls.UPLOAD + "?uploadType=media", "x").reason())
                .isEqualTo("required");
        assertThat(gcs.post(GcsCalls.UPLOAD + "?name=n", "x").reason()).isEqualTo("required");
        assertThat(gcs.post(GcsCalls.O, "{}").reason()).isEqualTo("wrongUrlForUpload");
        assertThat(gcs.post("/upload/storage/v1/b/none/o?uploadType=media&name=n", "x")
                        .status())
                .isEqualTo(404);
    }

    // Performance tips, "gzip": a request body may be compressed.
    @Test
    void aZippedRequestIsUnpacked() throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write("hello".getBytes(StandardCharsets.US_ASCII));
        }

        Answer made = gcs.send(
                "POST",
                GcsCalls.UPLOAD + "?uploadType=media&name=z",
                BodyPublishers.ofByteArray(zipped.toByteArray()),
                "Content-Encoding",
                "gzip");

        assertThat(made.text("md5Hash")).isEqualTo(MD5);
    }
}
