// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Reads of data and metadata.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/get">Objects: get</a>
 * @see <a href="https://cloud.google.com/storage/docs/encryption/customer-supplied-keys">Customer-supplied keys</a>
 */
class GcsReadTest extends GcsServerTest {
    private static final String MEDIA = GcsCalls.object("o") + "?alt=media";

    @BeforeEach
    void makeObject() {
        gcs.put("o", "0123456789");
    }

    // Objects: get, alt=media; "Downloading objects", x-goog-hash.
    @Test
    void dataComesWithGenerationAndHash() {
        Answer read = gcs.get(MEDIA);

        assertThat(read.status()).isEqualTo(200);
        assertThat(read.body()).isEqualTo("0123456789");
        assertThat(read.header("x-goog-hash")).isEqualTo("crc32c=KAwGng==");
        assertThat(read.header("x-goog-stored-content-length")).isEqualTo("10");
        assertThat(read.header("x-goog-generation"))
                .isEqualTo(gcs.get(GcsCalls.object("o")).text("generation"));
        assertThat(gcs.get("/download" + MEDIA).body()).isEqualTo("0123456789");
    }

    // Objects: get, "Range"; status codes, 416.
    @Test
    void partsCanBeRead() {
        Answer middle = gcs.get(MEDIA, "Range", "bytes=2-4");

        assertThat(middle.status()).isEqualTo(206);
        assertThat(middle.body()).isEqualTo("234");
        assertThat(middle.header("Content-Range")).isEqualTo("bytes 2-4/10");
        assertThat(gcs.get(MEDIA, "Range", "bytes=8-").body()).isEqualTo("89");
        assertThat(gcs.get(MEDIA, "Range", "bytes=8-100").body()).isEqualTo("89");
        assertThat(gcs.get(MEDIA, "Range", "bytes=10-").reason()).isEqualTo("requestedRangeNotSatisfiable");
        assertThat(gcs.get(MEDIA, "Range", "bytes=0-1,3-4").status()).isEqualTo(400);
    }

    // Status codes, 404 notFound.
    @Test
    void whatIsNotThereIsNotFound() {
        Answer none = gcs.get(GcsCalls.object("none"));

        assertThat(none.status()).isEqualTo(404);
        assertThat(none.reason()).isEqualTo("notFound");
        assertThat(gcs.get("/storage/v1/b/none/o/o").status()).isEqualTo(404);
    }

    // "Partial responses": fields.
    @Test
    void fieldsSelectWhatIsAnswered() {
        Answer part = gcs.get(GcsCalls.object("o") + "?fields=size,name");

        assertThat(part.json().members()).containsOnlyKeys("size", "name");
        assertThat(gcs.get(GcsCalls.O + "?fields=items/name,nextPageToken").body())
                .isEqualTo("{\"items\":[{\"name\":\"o\"}]}");
        assertThat(gcs.get(GcsCalls.O + "?fields=items(name").status()).isEqualTo(400);
    }

    // Objects: delete: an empty response; 404 for what is not there any more.
    @Test
    void whatIsDeletedIsGone() {
        assertThat(gcs.delete(GcsCalls.object("o")).status()).isEqualTo(204);
        assertThat(gcs.delete(GcsCalls.object("o")).status()).isEqualTo(404);
        assertThat(gcs.get(GcsCalls.object("o")).status()).isEqualTo(404);
    }

    // Consistency: a reader of an object that is deleted gets it whole.
    @Test
    void aReaderIsNotDisturbedByADeletion() throws Exception {
        byte[] data = new byte[8 * 1024 * 1024];
        gcs.put(gcs.begin("r", ""), data, "bytes 0-" + (data.length - 1) + "/" + data.length);
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> read = http.send(
                    HttpRequest.newBuilder(server.endpoint().resolve(GcsCalls.object("r") + "?alt=media"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(gcs.delete(GcsCalls.object("r")).status()).isEqualTo(204);

            try (InputStream in = read.body()) {
                assertThat(in.readAllBytes()).hasSize(data.length);
            }
        }
    }
}
