// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
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
        gcs.put("o", "x");

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
        String object = GcsCalls.object("o");
        gcs.put("o", "x");

        for (String target : List.of(
                "/",
                "/box/o",
                "/storage/v1/b/box/acl",
                object + "?softDeleted=true",
                object + "?ifGenerationNotMatch=1",
                GcsCalls.O + "?delimiter=%2F")) {
            assertThat(gcs.get(target).reason()).as(target).isEqualTo("notImplemented");
        }
        assertThat(gcs.get(GcsCalls.O + "?maxResults=many").reason()).isEqualTo("invalid");
        for (String header : List.of("x-goog-unknown", "If-None-Match", "If-Match", "Content-Encoding")) {
            assertThat(gcs.get(object, header, "x").reason()).as(header).isEqualTo("notImplemented");
        }
        for (String action : List.of("/compose", "/moveTo/o/p", "/rewriteTo/b/box/o/p")) {
            assertThat(gcs.post(object + action, "{}").reason()).as(action).isEqualTo("notImplemented");
        }
        assertThat(gcs.multipart("{\"name\":\"p\",\"temporaryHold\":true}", "x", "")
                        .reason())
                .isEqualTo("notImplemented");
        assertThat(gcs.send("PATCH", object, BodyPublishers.ofString("{}")).reason())
                .isEqualTo("notImplemented");
    }

    private Answer batch(String parts) {
        return gcs.post("/batch/storage/v1", parts + "--b--", "Content-Type", "multipart/mixed; boundary=b");
    }

    private static String part(String method, String target, int id) {
        return "--b\r\nContent-Type: application/http\r\nContent-ID: <" + id + ">\r\n\r\n" + method + " " + target
                + " HTTP/1.1\r\n\r\n\r\n";
    }
}
