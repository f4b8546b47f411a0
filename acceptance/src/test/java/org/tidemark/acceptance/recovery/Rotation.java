// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.util.List;
import java.util.stream.Stream;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/**
 * Which cases a version of PostgreSQL meets: all of them in a campaign; one in an ordinary build, another with the next
 * version, and others again in a run with another seed.
 */
final class Rotation {
    /** A multiple of the number of cases in every list of them, so that each case is met as often as the others. */
    private static final int TURNS = 60;

    private Rotation() {}

    static <T> Stream<T> of(PostgresBinaries binaries, List<T> cases) {
        int count = Rounds.of(1, cases.size());
        return Stream.iterate(place(binaries), i -> i + 1).limit(count).map(i -> cases.get(i % cases.size()));
    }

    static Fault fault(PostgresBinaries binaries) {
        return List.of(Fault.values()).get(place(binaries) % Fault.values().length);
    }

    static Goal.Kind kind(PostgresBinaries binaries) {
        return List.of(Goal.Kind.values()).get(place(binaries) % Goal.Kind.values().length);
    }

    /** Whether what is long runs with this version: in an ordinary build with one alone, another with another seed. */
    static boolean isChosen(PostgresBinaries binaries) {
        return PostgresBinaries.oneOfThisRun().contains(binaries);
    }

    private static int place(PostgresBinaries binaries) {
        return PostgresBinaries.embedded().indexOf(binaries) + Math.floorMod(Rounds.seed(), TURNS);
    }
}
