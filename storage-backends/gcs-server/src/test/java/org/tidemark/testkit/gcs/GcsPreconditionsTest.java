// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;
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

    // The rule of this server, not Google's: no upload replaces an object.
    @Test
    void anUploadWithoutThatConditionIsRefused() {
        assertThat(gcs.post(GcsCalls.UPLOAD + "?uploadType=resumable&name=o", "")
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

    // Request preconditions, "Examples of race conditions": conditions keep writers from overwriting one another.
    @Test
    void ofManyWritersOneAloneMakesTheObject() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < Rounds.of(10, 300); round++) {
                String name = "race" + round;
                List<Callable<Integer>> writers = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    String content = "writer " + i;
                    boolean resumable = i % 2 == 1;
                    writers.add(() -> resumable
                            ? resumable(name, content)
                            : gcs.put(name, content).status());
                }

                List<Integer> statuses = new ArrayList<>();
                for (Future<Integer> writer : threads.invokeAll(writers)) {
                    statuses.add(writer.get());
                }

                assertThat(statuses).containsOnly(200, 412).containsOnlyOnce(200);
                String winner = "writer " + statuses.indexOf(200);
                assertThat(gcs.get(GcsCalls.object(name) + "?alt=media").body()).isEqualTo(winner);
            }
        }
    }

    private int resumable(String name, String content) {
        String session = gcs.begin(name, "");
        byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
        return gcs.put(session, bytes, "bytes 0-" + (bytes.length - 1) + "/" + bytes.length)
                .status();
    }
}
