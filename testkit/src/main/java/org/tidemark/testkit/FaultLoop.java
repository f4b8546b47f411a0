// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.util.Optional;
import java.util.function.Supplier;
import org.tidemark.store.ObjectStore;

/**
 * Runs a scenario again and again, and lets operation number 1, 2, 3 … of the store fail, in every way, until no fault
 * fires any more. After each failure the check is run, then the scenario once more on the healthy store, which must
 * succeed, and the check again.
 */
public final class FaultLoop {
    private static final int MAX_OPERATIONS = 100_000;

    private FaultLoop() {}

    /**
     * What is to survive faults. It is run several times, each time with another store; it keeps no state of its own.
     */
    public interface Scenario {
        /** Brings the healthy store into the state from which {@link #run} starts; its operations do not count. */
        default void prepare(ObjectStore healthy) throws Exception {}

        /** The work. It may fail with any exception, but must not report success falsely. Must be repeatable. */
        void run(ObjectStore store) throws Exception;

        /**
         * Whether the store, healthy again, holds no readable lie.
         *
         * @param failure of {@link #run}; empty if it reported success, so that all of its work must be there
         */
        void check(ObjectStore healthy, Optional<Exception> failure) throws Exception;
    }

    /** How much was tried. */
    public record Tried(int operations, int faults) {}

    /**
     * Tries everything.
     *
     * @param fresh gives an empty store for each run
     * @throws AssertionError naming the fault, if the scenario does not survive it
     */
    public static Tried run(Supplier<ObjectStore> fresh, Scenario scenario) {
        return run(fresh, scenario, 1);
    }

    /**
     * As {@link #run(Supplier, Scenario)}, with every {@code step}-th operation, for scenarios that take long. Each way
     * to fail begins with another operation, so that together they come to most of them, or with the first one where
     * the scenario has fewer.
     */
    public static Tried run(Supplier<ObjectStore> fresh, Scenario scenario, int step) {
        int ways = Fault.Moment.values().length * Fault.Lasting.values().length;
        int way = 0;
        int operations = 0;
        int faults = 0;
        for (Fault.Moment moment : Fault.Moment.values()) {
            for (Fault.Lasting lasting : Fault.Lasting.values()) {
                int first = 1 + step * way / ways;
                way++;
                int fired = count(fresh, scenario, moment, lasting, first, step);
                if (fired == 0 && first > 1) {
                    first = 1;
                    fired = count(fresh, scenario, moment, lasting, first, step);
                }
                faults += fired;
                if (fired > 0) {
                    operations = Math.max(operations, first + (fired - 1) * step);
                }
            }
        }
        return new Tried(operations, faults);
    }

    /** @return how many faults fired, from the operation {@code first} on */
    private static int count(
            Supplier<ObjectStore> fresh,
            Scenario scenario,
            Fault.Moment moment,
            Fault.Lasting lasting,
            int first,
            int step) {
        int fired = 0;
        while (survives(fresh, scenario, new Fault(first + fired * step, moment, lasting))) {
            fired++;
            if (fired > MAX_OPERATIONS) {
                throw new AssertionError("faults still fire after " + MAX_OPERATIONS + " operations");
            }
        }
        return fired;
    }

    /** @return whether the fault fired: if not, the scenario has fewer operations */
    private static boolean survives(Supplier<ObjectStore> fresh, Scenario scenario, Fault fault) {
        String step = "prepare";
        try (ObjectStore healthy = fresh.get()) {
            scenario.prepare(healthy);
            FaultyStore faulty = new FaultyStore(healthy, fault);
            step = "run";
            Optional<Exception> failure = attempt(scenario, faulty);
            if (failure.isPresent() && !faulty.fired()) {
                throw failure.get();
            }
            step = "check after " + failure.map(Exception::toString).orElse("reported success");
            scenario.check(healthy, failure);
            step = "run again without faults";
            scenario.run(healthy);
            step = "check after the second run";
            scenario.check(healthy, Optional.empty());
            return faulty.fired();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(fault + ": " + step + ": " + e.getMessage(), e);
        }
    }

    private static Optional<Exception> attempt(Scenario scenario, ObjectStore store) {
        try {
            scenario.run(store);
            return Optional.empty();
        } catch (Exception e) {
            return Optional.of(e);
        }
    }
}
