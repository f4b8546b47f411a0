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
        assertThat(gcs.media("o", "1", "&ifGenerationMatch=0").status()).isEqualTo(200);

        Answer second = gcs.media("o", "2", "&ifGenerationMatch=0");

        assertThat(second.status()).isEqualTo(412);
        assertThat(second.reason()).isEqualTo("conditionNotMet");
        assertThat(gcs.get(GcsCalls.object("o") + "?alt=media").body()).isEqualTo("1");
    }

    // Precondition criteria, the table: 412 for an ifGenerationMatch that does not hold.
    @Test
    void anotherGenerationIsRefusedOnEveryOperation() {
        Answer made = gcs.media("o", "1", "");
        long generation = Long.parseLong(made.text("generation"));
        String other = "ifGenerationMatch=" + (generation + 1);

        assertThat(gcs.media("o", "2", "&" + other).status()).isEqualTo(412);
        assertThat(gcs.get(GcsCalls.object("o") + "?" + other).status()).isEqualTo(412);
        assertThat(gcs.get(GcsCalls.object("o") + "?alt=media&" + other).status())
                .isEqualTo(412);
        assertThat(gcs.delete(GcsCalls.object("o") + "?" + other).status()).isEqualTo(412);
        assertThat(gcs.media("o", "2", "&ifGenerationMatch=" + generation).status())
                .isEqualTo(200);
    }

    // Generations and preconditions: a new generation number for each new content, also after a deletion.
    @Test
    void generationsGrowAlsoOverADeletion() {
        long first = Long.parseLong(gcs.media("o", "1", "").text("generation"));
        gcs.delete(GcsCalls.object("o"));

        long second = Long.parseLong(gcs.media("o", "1", "").text("generation"));

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
                    writers.add(() -> resumable ? resumable(name, content) : media(name, content));
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

    private int media(String name, String content) {
        return gcs.media(name, content, "&ifGenerationMatch=0").status();
    }

    private int resumable(String name, String content) {
        String session = gcs.begin(name, "", "&ifGenerationMatch=0");
        byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
        return gcs.put(session, bytes, "bytes 0-" + (bytes.length - 1) + "/" + bytes.length)
                .status();
    }
}
