// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What goes, as {@code A B 1/1..4 2/7 2/9.partial}: backups by name, then segments by timeline and place, without
 * regard to how they were added. Not thread-safe.
 */
final class Removal {
    private static final Pattern WAL = Pattern.compile("([0-9]+)/([0-9]+)(?:\\.\\.([0-9]+))?(\\.partial)?");

    private final SortedSet<String> names = new TreeSet<>();
    private final SortedMap<Integer, SortedSet<Long>> segments = new TreeMap<>();
    private final SortedMap<Integer, SortedSet<Long>> partials = new TreeMap<>();

    /** Adds a name, a segment or several, or a partial segment. */
    void add(String item) {
        Matcher wal = WAL.matcher(item);
        if (!wal.matches()) {
            names.add(item);
            return;
        }
        int timeline = Integer.parseInt(wal.group(1));
        long first = Long.parseLong(wal.group(2));
        long last = wal.group(3) == null ? first : Long.parseLong(wal.group(3));
        for (long place = first; place <= last; place++) {
            if (wal.group(4) == null) {
                addSegment(timeline, place);
            } else {
                addPartial(timeline, place);
            }
        }
    }

    void addSegment(int timeline, long place) {
        segments.computeIfAbsent(timeline, any -> new TreeSet<>()).add(place);
    }

    void addPartial(int timeline, long place) {
        partials.computeIfAbsent(timeline, any -> new TreeSet<>()).add(place);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.join(" ", names));
        segments.forEach((timeline, places) -> {
            for (long first : places) {
                if (places.contains(first - 1)) {
                    continue;
                }
                long last = first;
                while (places.contains(last + 1)) {
                    last++;
                }
                text.append(' ').append(timeline).append('/').append(first).append(last > first ? ".." + last : "");
            }
        });
        partials.forEach((timeline, places) -> places.forEach(place ->
                text.append(' ').append(timeline).append('/').append(place).append(".partial")));
        return text.isEmpty() ? "nothing" : text.toString().strip();
    }
}
