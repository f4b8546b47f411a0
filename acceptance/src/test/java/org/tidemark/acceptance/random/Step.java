// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Something that happens in a life. Immutable.
 *
 * @param seed of what is chosen at random in it, so that a life without some of its steps does the same in the others
 */
record Step(Kind kind, long seed) {
    /** How often each happens, of all of them together. */
    enum Kind {
        TIME(14),
        WAL(28),
        BACKUP(16),
        EXPIRE(16),
        DELETE(3),
        SYNC(8),
        OUTAGE(6),
        OUTAGE_ENDS(3),
        LOSS(4),
        CLOCK(4),
        CLOCK_IS_RIGHT(6),
        COPY(3),
        STRAY_HISTORY(3);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }

        static List<Kind> faults() {
            return List.of(OUTAGE, LOSS, CLOCK, COPY, STRAY_HISTORY);
        }
    }

    /**
     * The steps of a life.
     *
     * @param faults those that happen in it
     */
    static List<Step> life(Random random, int count, List<Kind> faults) {
        List<Kind> bag = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            if (!Kind.faults().contains(kind) || faults.contains(kind)) {
                bag.addAll(Collections.nCopies(kind.weight, kind));
            }
        }
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(Kind.WAL, random.nextLong()));
        steps.add(new Step(Kind.BACKUP, random.nextLong()));
        while (steps.size() < count) {
            steps.add(new Step(bag.get(random.nextInt(bag.size())), random.nextLong()));
        }
        return steps;
    }
}
