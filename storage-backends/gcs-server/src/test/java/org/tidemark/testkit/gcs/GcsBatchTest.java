// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Several calls in one request, and what is not implemented.
 *
 * @see <a href="https://cloud.google.com/storage/docs/batch">Sending batch requests</a>
 */
class GcsBatchTest extends GcsServerTest {
    // Response to a batch request: in the order of the calls, each with the Content-ID of its call.
    @Test
    void eachCallOfABatchHasAnAnswer() {
        gcs.media("o", "x", "");

        Answer batch = batch(part("DELETE", GcsCalls.object("o"), 1) + part("DELETE", GcsCalls.object("o"), 2));

        assertThat(batch.status()).isEqualTo(200);
        assertThat(batch.header("Content-Type")).startsWith("multipart/mixed");
        assertThat(batch.body())
                .containsSubsequence("<response-1>", "HTTP/1.1 204", "<response-2>", "HTTP/1.1 404", "notFound");
        assertThat(gcs.get(GcsCalls.object("o")).status()).isEqualTo(404);
    }

    // "You shouldn't include more than 100 calls"; "does not support batch operations for uploading or downloading".
    @Test
    void whatABatchCannotHaveIsRefused() {
        assertThat(batch(part("DELETE", GcsCalls.object("o"), 1).repeat(101)).status())
                .isEqualTo(400);
        assertThat(batch(part("GET", GcsCalls.object("o") + "?alt=media", 1)).body())
                .contains("HTTP/1.1 400");
        assertThat(gcs.post("/batch/storage/v1", "", "Content-Type", "text/plain")
                        .status())
                .isEqualTo(400);
    }

    // The rule of this server, not Google's: 400 for all that it does not implement.
    @Test
    void whatIsNotImplementedIsRefused() {
        gcs.media("o", "x", "");

        assertThat(gcs.get("/storage/v1/b/box/acl").status()).isEqualTo(400);
        assertThat(gcs.get("/").status()).isEqualTo(400);
        assertThat(gcs.get("/box/o").status()).isEqualTo(400);
        assertThat(gcs.post(GcsCalls.object("o") + "/moveTo/o/p", "").status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o") + "?softDeleted=true").status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o"), "x-goog-unknown", "1").status())
                .isEqualTo(400);
        assertThat(gcs.multipart("{\"name\":\"p\",\"temporaryHold\":true}", "x", "")
                        .status())
                .isEqualTo(400);
        assertThat(gcs.post("/storage/v1/b?project=p", "{\"name\":\"new\"}").status())
                .isEqualTo(400);
        assertThat(gcs.get("/storage/v1/b/box").status()).isEqualTo(400);
        assertThat(gcs.send("PATCH", GcsCalls.object("o"), BodyPublishers.ofString("{}"))
                        .status())
                .isEqualTo(400);
        assertThat(gcs.post(GcsCalls.object("o"), "{}", "X-HTTP-Method-Override", "PATCH")
                        .status())
                .isEqualTo(400);
        assertThat(gcs.post(GcsCalls.object("o") + "/compose", "{}").status()).isEqualTo(400);
        assertThat(gcs.post(GcsCalls.object("o") + "/rewriteTo/b/box/o/p", "").status())
                .isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o") + "?ifGenerationNotMatch=1").status())
                .isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o") + "?ifMetagenerationMatch=1").status())
                .isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o"), "If-None-Match", "x").status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.object("o"), "If-Match", "x").status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.O + "?delimiter=%2F").status()).isEqualTo(400);
        assertThat(gcs.get(GcsCalls.O + "?endOffset=z").status()).isEqualTo(400);
    }

    private Answer batch(String parts) {
        return gcs.post("/batch/storage/v1", parts + "--b--", "Content-Type", "multipart/mixed; boundary=b");
    }

    private static String part(String method, String target, int id) {
        return "--b\r\nContent-Type: application/http\r\nContent-ID: <" + id + ">\r\n\r\n" + method + " " + target
                + " HTTP/1.1\r\n\r\n\r\n";
    }
}
