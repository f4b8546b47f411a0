// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Who may do what.
 *
 * @see <a href="https://cloud.google.com/storage/docs/access-control/iam-roles">IAM roles</a>
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/status-codes">Status codes, 401 and 403</a>
 */
class GcsRightsTest {
    private static final String OBJECT = GcsCalls.object("o");

    private final GcsServer server = GcsServer.withRoles().withBucket("box");
    private final GcsCalls gcs = new GcsCalls(server);

    @AfterEach
    void stop() {
        gcs.close();
        server.close();
    }

    // 401: "authError" for a token that is not valid.
    @Test
    void withoutAValidTokenNothingIsAllowed() {
        Answer without = gcs.get(OBJECT);
        Answer wrong = gcs.get(OBJECT, "Authorization", "Bearer guessed");

        assertThat(without.status()).isEqualTo(401);
        assertThat(wrong.status()).isEqualTo(401);
        assertThat(wrong.reason()).isEqualTo("authError");
        assertThat(gcs.get(OBJECT, "Authorization", "Basic " + Role.OBJECT_ADMIN.token())
                        .status())
                .isEqualTo(401);
        assertThat(gcs.put("o", "x").status()).isEqualTo(401);
    }

    // Resumable uploads: anyone with the session URI can upload, with the rights of the user that began.
    @Test
    void aSessionIsACredentialOfItsOwn() {
        String session = gcs.begin("s", "", as(Role.OBJECT_CREATOR));

        Answer done = gcs.put(session, "x".getBytes(StandardCharsets.US_ASCII), "bytes 0-0/1");

        assertThat(done.status()).isEqualTo(200);
        assertThat(gcs.post(
                                GcsCalls.UPLOAD + "?uploadType=resumable&ifGenerationMatch=0&name=s",
                                "",
                                as(Role.OBJECT_VIEWER))
                        .status())
                .isEqualTo(403);
    }

    // "This code applies even if the resource being acted on doesn't exist."
    @Test
    void withoutARightItCannotBeSeenWhatIsThere() {
        assertThat(gcs.get(GcsCalls.object("absent"), as(Role.NONE)).status()).isEqualTo(403);
        assertThat(gcs.get("/storage/v1/b/absent/o", as(Role.NONE)).status()).isEqualTo(403);
    }

    // Buckets: testIamPermissions.
    @Test
    void rightsCanBeAskedFor() {
        String ask = "/storage/v1/b/box/iam/testPermissions?permissions=storage.objects.create";

        assertThat(gcs.get(ask, as(Role.OBJECT_CREATOR)).body()).contains("[\"storage.objects.create\"]");
        assertThat(gcs.get(ask, as(Role.NONE)).body()).isEqualTo("{\"permissions\":[]}");
    }

    // Format of a batch request: the outer Authorization holds for each call that has none of its own.
    @Test
    void eachCallOfABatchHasItsCaller() {
        gcs.put("o", "x", as(Role.OBJECT_ADMIN));
        String part = "--b\r\nContent-Type: application/http\r\n\r\nDELETE " + OBJECT + " HTTP/1.1\r\n";

        Answer batch = gcs.post(
                "/batch/storage/v1",
                part + "\r\n\r\n" + part + "Authorization: Bearer " + Role.OBJECT_ADMIN.token() + "\r\n\r\n\r\n--b--",
                "Content-Type",
                "multipart/mixed; boundary=b",
                "Authorization",
                "Bearer " + Role.OBJECT_VIEWER.token());

        assertThat(batch.body()).containsSubsequence("HTTP/1.1 403", "HTTP/1.1 204");
    }

    private static String[] as(Role role) {
        return new String[] {"Authorization", "Bearer " + role.token()};
    }
}
