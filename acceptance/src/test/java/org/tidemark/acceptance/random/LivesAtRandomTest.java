// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.acceptance.random.Step.Kind;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

@Order(1) // among the longest
@InTurn
class LivesAtRandomTest {
    private static final int STEPS = 40;

    @TempDir
    Path directory;

    private int content;

    @Test
    void nothingPromisedGoesAndNoCheckIsContentInVain() {
        Random random = Rounds.random();
        int lives = Rounds.of(6, 2000);
        for (int life = 0; life < lives; life++) {
            long seed = random.nextLong();
            Random ofLife = new Random(seed);
            List<Kind> faults =
                    Kind.faults().stream().filter(each -> ofLife.nextBoolean()).toList();
            Optional<Failure> failure = live(seed, Step.life(ofLife, STEPS, faults));
            if (failure.isPresent()) {
                Failure shortest = shortened(seed, failure.get());
                throw new AssertionError(
                        "life " + life + ", of seed " + seed + ", with " + faults + ": "
                                + shortest.why().getMessage() + "\n" + String.join("\n", shortest.story()),
                        shortest.why());
            }
        }
        assertThat(content).as("how often check was content").isPositive();
    }

    private static Optional<Path> memory() {
        return Optional.of(Path.of("/dev/shm")).filter(Files::isWritable);
    }

    /** A life that failed at its last step. */
    private record Failure(List<Step> steps, List<String> story, Throwable why) {}

    private Optional<Failure> live(long seed, List<Step> steps) {
        List<Step> lived = new ArrayList<>();
        // Nothing here is about what a disk keeps, and a life syncs some thousand files.
        Path place = memory().orElse(directory)
                .resolve("life-" + ProcessHandle.current().pid());
        try (Life life = new Life(place, new Random(seed))) {
            try {
                for (Step step : steps) {
                    lived.add(step);
                    life.live(step);
                }
                life.end();
                content += life.contentChecks();
                return Optional.empty();
            } catch (Exception | AssertionError e) {
                return Optional.of(new Failure(lived, life.story(), e));
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            if (Files.exists(place)) {
                TemporaryTree.delete(place);
            }
        }
    }

    /** Without each step without which it fails as well. */
    private Failure shortened(long seed, Failure failure) {
        Failure shortest = failure;
        for (int at = failure.steps().size() - 1; at >= 0; at--) {
            if (at < shortest.steps().size()) {
                List<Step> fewer = new ArrayList<>(shortest.steps());
                fewer.remove(at);
                shortest = live(seed, fewer).orElse(shortest);
            }
        }
        return shortest;
    }
}
