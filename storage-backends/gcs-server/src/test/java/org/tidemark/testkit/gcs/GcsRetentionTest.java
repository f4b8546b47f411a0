// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * What cannot be deleted.
 *
 * @see <a href="https://cloud.google.com/storage/docs/object-lock">Object Retention Lock</a>
 */
class GcsRetentionTest extends GcsServerTest {
    private static final String VAULT = "/upload/storage/v1/b/vault/o?uploadType=multipart&ifGenerationMatch=0";
    private static final String KEPT = "/storage/v1/b/vault/o/k";

    private final Instant later = Instant.now().plus(Duration.ofHours(1));

    // Object Retention Lock: "the object cannot be deleted"; status codes, retentionPolicyNotMet.
    @Test
    void anObjectUnderRetentionIsNotDeleted() {
        assertThat(keep("Locked", later).status()).isEqualTo(200);

        Answer deleted = gcs.delete(KEPT);

        assertThat(deleted.status()).isEqualTo(403);
        assertThat(deleted.reason()).isEqualTo("retentionPolicyNotMet");
        assertThat(gcs.get(KEPT + "?alt=media").body()).isEqualTo("kept");
    }

    // Status codes, "invalid": time missing, bucket without the feature.
    @Test
    void anInvalidRetentionIsRefused() {
        assertThat(keep("Maybe", later).reason()).isEqualTo("notImplemented");
        assertThat(gcs.multipart("{\"name\":\"o\"," + retention("Locked", later).substring(1), "x", "")
                        .reason())
                .isEqualTo("invalid");
        assertThat(gcs.multipart("{\"name\":\"o\",\"retention\":{\"mode\":\"Locked\"}}", "x", "")
                        .reason())
                .isEqualTo("invalid");
    }

    private Answer keep(String mode, Instant until) {
        String json = "{\"name\":\"k\"," + retention(mode, until).substring(1);
        return gcs.post(
                VAULT,
                "--f\r\nContent-Type: application/json\r\n\r\n" + json + "\r\n--f\r\n\r\nkept\r\n--f--\r\n",
                "Content-Type",
                "multipart/related; boundary=\"f\"");
    }

    private static String retention(String mode, Instant until) {
        return "{\"retention\":{\"mode\":\"" + mode + "\",\"retainUntilTime\":\"" + until + "\"}}";
    }
}
