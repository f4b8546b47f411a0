// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.testkit.FaultLoop.Scenario;
import org.tidemark.testkit.FaultLoop.Tried;

class FaultLoopTest {
    private static final byte[] DATA = new byte[1000];

    private static ObjectStore fresh() {
        return new MemoryStore(Clock.systemUTC());
    }

    /** Data first, then the mark that says it is complete. */
    private static class Careful implements Scenario {
        @Override
        public void run(ObjectStore store) throws Exception {
            putOrCompare(store, "data");
            assertThat(read(store, "data")).isEqualTo(DATA);
            putOrCompare(store, "complete");
        }

        private static void putOrCompare(ObjectStore store, String key) throws IOException {
            try {
                put(store, key, DATA);
            } catch (ObjectExists e) {
                assertThat(read(store, key)).isEqualTo(DATA);
            }
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
            boolean complete = healthy.stat(new ObjectKey("complete")).isPresent();
            assertThat(complete || failure.isPresent())
                    .as("complete, or told so")
                    .isTrue();
            if (complete) {
                assertThat(read(healthy, "data")).isEqualTo(DATA);
            }
        }
    }

    @Test
    void everyOperationFailsOnceInEveryWay() {
        assertThat(FaultLoop.run(FaultLoopTest::fresh, new Careful())).isEqualTo(new Tried(3, 18));
    }

    @Test
    void withAStepEachWayToFailBeginsWithAnotherOperation() {
        // Of 3 operations the first three ways fail 1 and 3, the other three fail 2.
        assertThat(FaultLoop.run(FaultLoopTest::fresh, new Careful(), 2)).isEqualTo(new Tried(3, 9));
    }

    @Test
    void aStepBeyondAllOperationsTriesTheFirstOneInEachWay() {
        // The second way begins with operation 18, and so on: 3 operations have none of these.
        assertThat(FaultLoop.run(FaultLoopTest::fresh, new Careful(), 100)).isEqualTo(new Tried(1, 6));
    }

    @Test
    void aScenarioThatMarksBeforeItsDataIsThereIsFound() {
        Scenario hasty = new Careful() {
            @Override
            public void run(ObjectStore store) throws Exception {
                putOrSkip(store, "complete");
                putOrSkip(store, "data");
            }
        };

        assertThatThrownBy(() -> FaultLoop.run(FaultLoopTest::fresh, hasty))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("fault at operation 2, BEFORE, ONCE: check after");
    }

    @Test
    void aScenarioThatCannotBeRepeatedIsFound() {
        Scenario onlyOnce = new Careful() {
            @Override
            public void run(ObjectStore store) throws Exception {
                put(store, "data", DATA);
                put(store, "complete", DATA);
            }
        };

        assertThatThrownBy(() -> FaultLoop.run(FaultLoopTest::fresh, onlyOnce))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("run again without faults");
    }

    @Test
    void aScenarioThatHidesAFailureIsFound() {
        Scenario liar = new Careful() {
            @Override
            public void run(ObjectStore store) {
                try {
                    super.run(store);
                } catch (Exception e) {
                    assertThat(e).isNotNull();
                }
            }
        };

        assertThatThrownBy(() -> FaultLoop.run(FaultLoopTest::fresh, liar))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("check after reported success");
    }

    @Test
    void anErrorThatNoFaultExplainsIsNotTakenForOne() {
        Scenario broken = new Careful() {
            @Override
            public void run(ObjectStore store) {
                throw new IllegalStateException("broken anyway");
            }
        };

        assertThatThrownBy(() -> FaultLoop.run(FaultLoopTest::fresh, broken)).hasMessageContaining("broken anyway");
    }

    @Test
    void partOfADeletionIsDoneWhenItFailsHalfWay() throws IOException {
        ObjectStore healthy = fresh();
        put(healthy, "a", DATA);
        put(healthy, "b", DATA);
        FaultyStore faulty = new FaultyStore(healthy, new Fault(1, Fault.Moment.HALF_WAY, Fault.Lasting.ONCE));

        assertThatThrownBy(() -> faulty.delete(List.of(new ObjectKey("a"), new ObjectKey("b"))))
                .hasMessageContaining("failed on purpose");

        assertThat(StoreAccess.keys(healthy, "")).containsExactly("b");
    }

    private static void putOrSkip(ObjectStore store, String key) throws IOException {
        try {
            put(store, key, DATA);
        } catch (ObjectExists e) {
            assertThat(e).hasMessageContaining(key);
        }
    }
}
