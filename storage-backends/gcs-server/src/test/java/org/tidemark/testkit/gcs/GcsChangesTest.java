// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Metadata, retention, and objects made of others.
 *
 * @see <a href="https://cloud.google.com/storage/docs/object-lock">Object Retention Lock</a>
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/compose">Objects: compose</a>
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite">Objects: rewrite</a>
 */
class GcsChangesTest extends GcsServerTest {
    private static final String VAULT = "/upload/storage/v1/b/vault/o?uploadType=";
    private static final String KEPT = "/storage/v1/b/vault/o/k";

    private final Instant later = Instant.now().plus(Duration.ofHours(1));

    // Objects: patch: "Patches an object's metadata"; the metageneration grows; null removes.
    @Test
    void metadataCanBeChanged() {
        gcs.multipart("{\"name\":\"o\",\"metadata\":{\"a\":\"1\",\"b\":\"2\"}}", "x", "");

        Answer changed = patch(GcsCalls.object("o"), "{\"metadata\":{\"a\":null,\"c\":\"3\"}}");

        assertThat(changed.text("metageneration")).isEqualTo("2");
        assertThat(changed.json()).containsEntry("metadata", Map.of("b", "2", "c", "3"));
        assertThat(patch(GcsCalls.object("o") + "?ifMetagenerationMatch=1", "{}")
                        .status())
                .isEqualTo(412);
    }

    // Object Retention Lock: "the object cannot be deleted or replaced"; status codes, retentionPolicyNotMet.
    @Test
    void anObjectUnderRetentionIsNeitherDeletedNorReplaced() {
        assertThat(keep("Unlocked", later).status()).isEqualTo(200);

        Answer deleted = gcs.delete(KEPT);
        Answer replaced = gcs.post(VAULT + "media&name=k", "other");

        assertThat(deleted.status()).isEqualTo(403);
        assertThat(deleted.reason()).isEqualTo("retentionPolicyNotMet");
        assertThat(replaced.reason()).isEqualTo("retentionPolicyNotMet");
        assertThat(gcs.get(KEPT + "?alt=media").body()).isEqualTo("kept");
    }

    // Objects: patch, overrideUnlockedRetention; status codes, forbidden.
    @Test
    void aRetentionThatIsNotLockedIsWeakenedByOverrideAlone() {
        keep("Unlocked", later);

        Answer without = patch(KEPT, "{\"retention\":null}");
        Answer extended = patch(KEPT, retention("Unlocked", later.plusSeconds(60)));
        Answer with = patch(KEPT + "?overrideUnlockedRetention=true", "{\"retention\":null}");

        assertThat(without.status()).isEqualTo(403);
        assertThat(without.reason()).isEqualTo("forbidden");
        assertThat(extended.status()).isEqualTo(200);
        assertThat(with.status()).isEqualTo(200);
        assertThat(gcs.delete(KEPT).status()).isEqualTo(204);
    }

    // "Locked permanently prevents the retention date from being reduced or removed."
    @Test
    void aLockedRetentionCanOnlyBeExtended() {
        keep("Locked", later);
        String override = KEPT + "?overrideUnlockedRetention=true";

        assertThat(patch(override, "{\"retention\":null}").status()).isEqualTo(403);
        assertThat(patch(override, retention("Locked", later.minusSeconds(60))).status())
                .isEqualTo(403);
        assertThat(patch(override, retention("Unlocked", later)).status()).isEqualTo(403);
        assertThat(patch(KEPT, retention("Locked", later.plusSeconds(60))).status())
                .isEqualTo(200);
    }

    // Status codes, "invalid": mode or time missing, time in the past, bucket without the feature.
    @Test
    void aRetentionThatIsNoneIsRefused() {
        assertThat(keep("Locked", Instant.now().minusSeconds(1)).reason()).isEqualTo("invalid");
        assertThat(keep("Maybe", later).reason()).isEqualTo("invalid");
        assertThat(gcs.multipart("{\"name\":\"o\"," + retention("Locked", later).substring(1), "x", "")
                        .reason())
                .isEqualTo("invalid");
        assertThat(gcs.multipart("{\"name\":\"o\",\"retention\":{\"mode\":\"Locked\"}}", "x", "")
                        .reason())
                .isEqualTo("invalid");
    }

    // Objects: compose: up to 32 sources, conditions on each; a composed object has a componentCount and no MD5.
    @Test
    void objectsAreComposed() {
        String generation = gcs.media("p1", "ab", "").text("generation");
        gcs.media("p2", "cd", "");
        String sources = "{\"sourceObjects\":[{\"name\":\"p1\",\"objectPreconditions\":{\"ifGenerationMatch\":\"";
        String rest = "\"}},{\"name\":\"p2\"}],\"destination\":{\"contentType\":\"x/y\"}}";

        Answer made = gcs.post(GcsCalls.object("c") + "/compose?ifGenerationMatch=0", sources + generation + rest);

        assertThat(made.status()).isEqualTo(200);
        assertThat(made.json()).containsEntry("componentCount", 2L).doesNotContainKey("md5Hash");
        assertThat(gcs.get(GcsCalls.object("c") + "?alt=media").body()).isEqualTo("abcd");
        assertThat(gcs.post(GcsCalls.object("c") + "/compose?ifGenerationMatch=0", sources + generation + rest)
                        .status())
                .isEqualTo(412);
        assertThat(gcs.post(GcsCalls.object("d") + "/compose", sources + "1" + rest)
                        .status())
                .isEqualTo(412);
        assertThat(gcs.post(GcsCalls.object("d") + "/compose", "{\"sourceObjects\":[{\"name\":\"none\"}]}")
                        .status())
                .isEqualTo(404);
    }

    // Objects: rewrite, response: done, resource.
    @Test
    void anObjectIsRewritten() {
        gcs.media("from", "data", "");
        String target = GcsCalls.object("from") + "/rewriteTo/b/vault/o/to?ifGenerationMatch=0";

        Answer done = gcs.post(target, "");
        gcs.delete(GcsCalls.object("from"));

        assertThat(done.json()).containsEntry("done", true).containsEntry("objectSize", "4");
        assertThat(gcs.get("/storage/v1/b/vault/o/to?alt=media").body()).isEqualTo("data");
        assertThat(gcs.post(target, "").status()).isEqualTo(404);
    }

    private Answer keep(String mode, Instant until) {
        String json = "{\"name\":\"k\"," + retention(mode, until).substring(1);
        return gcs.post(
                VAULT + "multipart",
                "--f\r\nContent-Type: application/json\r\n\r\n" + json + "\r\n--f\r\n\r\nkept\r\n--f--\r\n",
                "Content-Type",
                "multipart/related; boundary=\"f\"");
    }

    private static String retention(String mode, Instant until) {
        return "{\"retention\":{\"mode\":\"" + mode + "\",\"retainUntilTime\":\"" + until + "\"}}";
    }

    private Answer patch(String target, String json) {
        return gcs.send("PATCH", target, BodyPublishers.ofString(json));
    }
}
