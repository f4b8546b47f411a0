// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Conditions under which a request goes ahead.
 *
 * @see <a href="https://cloud.google.com/storage/docs/request-preconditions">Request preconditions</a>
 */
class GcsPreconditionsTest extends GcsServerTest {
    // Objects: insert, ifGenerationMatch: "Setting to 0 makes the operation succeed only if there are no live
    // versions".
    @Test
    void generationZeroMeansThatThereIsNoObject() {
        assertThat(gcs.put("o", "1").status()).isEqualTo(200);

        Answer second = gcs.put("o", "2");

        assertThat(second.status()).isEqualTo(412);
        assertThat(second.reason()).isEqualTo("conditionNotMet");
        assertThat(gcs.get(GcsCalls.object("o") + "?alt=media").body()).isEqualTo("1");
    }

    // Objects: insert, without a precondition: the object is replaced.
    @Test
    void anUploadWithoutThatConditionReplacesTheObject() {
        gcs.put("o", "1");
        String session = gcs.beginAt(GcsCalls.UPLOAD + "?uploadType=resumable&name=o", "{}");
        assertThat(gcs.put(session, new byte[] {'2'}, "bytes 0-0/1").status()).isEqualTo(200);

        assertThat(gcs.get(GcsCalls.object("o") + "?alt=media").body()).isEqualTo("2");
    }

    // The rule of this server, not Google's: no upload replaces one generation.
    @Test
    void anUploadThatReplacesOneGenerationIsRefused() {
        assertThat(gcs.post(GcsCalls.UPLOAD + "?uploadType=resumable&name=o&ifGenerationMatch=5", "")
                        .reason())
                .isEqualTo("notImplemented");
    }

    // Precondition criteria, the table: 412 for an ifGenerationMatch that does not hold.
    @Test
    void anotherGenerationIsRefused() {
        long generation = Long.parseLong(gcs.put("o", "1").text("generation"));
        String other = "?ifGenerationMatch=" + (generation + 1);

        assertThat(gcs.get(GcsCalls.object("o") + other).status()).isEqualTo(412);
        assertThat(gcs.delete(GcsCalls.object("o") + other).status()).isEqualTo(412);
        assertThat(gcs.delete(GcsCalls.object("o") + "?ifGenerationMatch=" + generation)
                        .status())
                .isEqualTo(204);
    }

    // Generations and preconditions: a new generation number for each new content, also after a deletion.
    @Test
    void generationsGrowAlsoOverADeletion() {
        long first = Long.parseLong(gcs.put("o", "1").text("generation"));
        gcs.delete(GcsCalls.object("o"));

        long second = Long.parseLong(gcs.put("o", "1").text("generation"));

        assertThat(second).isGreaterThan(first);
        assertThat(gcs.get(GcsCalls.object("o") + "?generation=" + first).status())
                .isEqualTo(404);
        assertThat(gcs.get(GcsCalls.object("o") + "?generation=" + second).status())
                .isEqualTo(200);
    }
}
