// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How often a test repeats itself, and with which randomness: few rounds in an ordinary build, many in a campaign
 * ({@code -Pcampaign}). Only the numbers differ, never an assertion. What was chosen is printed, once for each test
 * class, so that a failure can be run again. Thread-safe.
 */
public final class Rounds {
    private static final System.Logger LOG = System.getLogger(Rounds.class.getName());
    private static final boolean CAMPAIGN = isCampaign(System.getProperty("tidemark.test.rounds", "few"));
    private static final long SEED = parseSeed(System.getProperty("tidemark.test.seed", ""));
    /** One of so many builds runs a class with {@link InTurn}. */
    static final int BUILDS = 6;

    private static final Set<String> PRINTED = ConcurrentHashMap.newKeySet();

    private Rounds() {}

    /** The one of the two numbers that {@code tidemark.test.rounds} selects. */
    public static int of(int few, int campaign) {
        int rounds = CAMPAIGN ? campaign : few;
        print(callingClass(), String.format(Locale.ROOT, "%d rounds (%s)", rounds, CAMPAIGN ? "campaign" : "few"));
        return rounds;
    }

    /** All of them in a campaign; in a build one, which goes by the run's seed. */
    public static <T> List<T> oneOrAll(List<T> all) {
        print(callingClass(), "seed " + SEED + (CAMPAIGN ? " (campaign)" : " (few)"));
        int one = Math.floorMod(SEED, all.size());
        return CAMPAIGN ? all : all.subList(one, one + 1);
    }

    /** Whether this run is the one in {@value #BUILDS} that runs a class of tests. */
    static boolean isTurn(String name) {
        // Surefire hands on what the command line names.
        boolean isNamed = !System.getProperty("test", "").isEmpty();
        return atEachStore() || isNamed || isTurn(name, SEED);
    }

    static boolean isTurn(String name, long seed) {
        return Math.floorMod(name.hashCode() + seed, BUILDS) == 0;
    }

    /**
     * Whether nothing is left to another build, and each store repeats what a build asks of one store alone: with
     * {@code -Pstores}, in a campaign, and where Maven does not run the tests.
     */
    public static boolean atEachStore() {
        return System.getProperty("tidemark.test.excluded-groups", "").isEmpty();
    }

    /** The seed of this run, the same in every call; {@code -Dtest.seed=N} in a Maven build sets it. */
    public static long seed() {
        print(callingClass(), "seed " + SEED);
        return SEED;
    }

    /** A generator that begins with {@link #seed}. */
    public static Random random() {
        print(callingClass(), "seed " + SEED);
        return new Random(SEED);
    }

    static boolean isCampaign(String text) {
        return switch (text) {
            case "few" -> false;
            case "campaign" -> true;
            default ->
                throw new IllegalArgumentException(
                        "not a value of tidemark.test.rounds: '" + text + "' (expected few or campaign)");
        };
    }

    private static long parseSeed(String text) {
        return text.isEmpty() ? System.nanoTime() : Long.parseLong(text);
    }

    private static void print(String caller, String what) {
        String line = caller + ": " + what;
        if (PRINTED.add(line)) {
            LOG.log(System.Logger.Level.INFO, line);
        }
    }

    private static String callingClass() {
        return StackWalker.getInstance()
                .walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                        .filter(name -> !name.equals(Rounds.class.getName()))
                        .findFirst()
                        .orElse("unknown"));
    }
}
