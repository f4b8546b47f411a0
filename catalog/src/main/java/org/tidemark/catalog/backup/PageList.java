// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Pages of a file, such as {@code 17,40+3}: page 17 and the three pages from page 40 on, counted from 0. Immutable.
 *
 * @param pageSize in bytes
 * @param runs one or more, in ascending order, each as long as it can be
 */
public record PageList(int pageSize, List<Run> runs) {
    private static final Pattern RUN = Pattern.compile("(0|[1-9][0-9]{0,9})(?:\\+([1-9][0-9]{0,9}))?");

    /** Pages that follow each other. */
    public record Run(int first, int count) {
        public Run {
            if (first < 0 || count < 1 || first > Integer.MAX_VALUE - count) {
                throw new IllegalArgumentException("not a run of pages: " + count + " from page " + first);
            }
        }

        private int end() {
            return first + count;
        }
    }

    public PageList {
        runs = List.copyOf(runs);
        if (pageSize < 1 || runs.isEmpty()) {
            throw new IllegalArgumentException("not a list of pages of " + pageSize + " bytes: " + runs);
        }
        for (int i = 1; i < runs.size(); i++) {
            if (runs.get(i).first() <= runs.get(i - 1).end()) {
                throw new IllegalArgumentException(
                        "page " + runs.get(i).first() + " does not begin a new run after the page "
                                + (runs.get(i - 1).end() - 1));
            }
        }
    }

    /** The pages whose bits are set, at least one. */
    public static PageList of(int pageSize, BitSet pages) {
        List<Run> runs = new ArrayList<>();
        for (int first = pages.nextSetBit(0), end; first >= 0; first = pages.nextSetBit(end)) {
            end = pages.nextClearBit(first);
            runs.add(new Run(first, end - first));
        }
        return new PageList(pageSize, runs);
    }

    /** The bits of the pages. */
    public BitSet bits() {
        BitSet pages = new BitSet();
        runs.forEach(run -> pages.set(run.first(), run.end()));
        return pages;
    }

    /**
     * A list in the form in which {@link #toString} gives it, and in no other.
     *
     * @throws IllegalArgumentException if it has another form
     */
    static List<Run> parse(String text) {
        List<Run> runs = new ArrayList<>();
        for (String each : text.split(",", -1)) {
            Matcher run = RUN.matcher(each);
            if (!run.matches() || "1".equals(run.group(2))) {
                throw notAList(text);
            }
            long first = Long.parseLong(run.group(1));
            long count = run.group(2) == null ? 1 : Long.parseLong(run.group(2));
            if (first + count > Integer.MAX_VALUE) {
                throw notAList(text);
            }
            runs.add(new Run((int) first, (int) count));
        }
        return runs;
    }

    private static IllegalArgumentException notAList(String text) {
        return new IllegalArgumentException(
                "not a list of pages: '" + text + "' (expected numbers and runs, such as 17,40+3)");
    }

    /** The number of pages. */
    long count() {
        return runs.stream().mapToLong(Run::count).sum();
    }

    /** The length of all pages. */
    long sizeBytes() {
        return count() * pageSize;
    }

    @Override
    public String toString() {
        return runs.stream()
                .map(run -> run.count() == 1 ? String.valueOf(run.first()) : run.first() + "+" + run.count())
                .collect(Collectors.joining(","));
    }
}
