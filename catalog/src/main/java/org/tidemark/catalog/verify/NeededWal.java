// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.Sorted;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Which backups need a segment: found among 10,000 backups in some 13 steps, since a verification asks for every
 * segment of the archive. Immutable.
 */
final class NeededWal {
    private final Map<Timeline, List<Ranges>> timelines = new HashMap<>();

    NeededWal(Collection<BackupToVerify> backups) {
        Map<Numbering, List<BackupToVerify>> all = new HashMap<>();
        for (BackupToVerify each : backups) {
            all.computeIfAbsent(Numbering.of(each), numbering -> new ArrayList<>())
                    .add(each);
        }
        all.forEach((numbering, each) -> timelines
                .computeIfAbsent(numbering.timeline(), timeline -> new ArrayList<>())
                .add(new Ranges(numbering.size(), each)));
    }

    /** How segments are numbered: pg_resetwal can change the segment size of a cluster between two backups. */
    private record Numbering(Timeline timeline, WalSegmentSize size) {
        static Numbering of(BackupToVerify backup) {
            return new Numbering(
                    backup.backup().wal().timeline(), backup.backup().origin().walSegmentSize());
        }
    }

    /** The backups that need the segment, in the order of the first segment that each needs. */
    List<BackupToVerify> by(Segment segment) {
        List<BackupToVerify> found = new ArrayList<>();
        for (Ranges ranges : timelines.getOrDefault(segment.timeline(), List.of())) {
            if (segment.fits(ranges.size)) {
                ranges.addAround(segment, found);
            }
        }
        return found;
    }

    /** The ranges of one timeline's backups in the order of their first segments. */
    private static final class Ranges {
        private final WalSegmentSize size;
        private final BackupToVerify[] backups;
        private final long[] first;
        private final long[] last;
        /** The highest {@code last} of a range and all before it. */
        private final long[] furthest;

        Ranges(WalSegmentSize size, List<BackupToVerify> all) {
            this.size = size;
            backups = all.toArray(BackupToVerify[]::new);
            Arrays.sort(backups, Comparator.comparing(each -> each.backup().walFirst()));
            first = new long[backups.length];
            last = new long[backups.length];
            furthest = new long[backups.length];
            for (int i = 0; i < backups.length; i++) {
                first[i] = backups[i].backup().walFirst().index(size);
                last[i] = backups[i].backup().walLast().index(size);
                furthest[i] = i == 0 ? last[0] : Math.max(furthest[i - 1], last[i]);
            }
        }

        void addAround(Segment segment, List<BackupToVerify> found) {
            long index = segment.index(size);
            int after = after(index);
            int from = after;
            while (from > 0 && furthest[from - 1] >= index) {
                from--;
            }
            for (int i = from; i < after; i++) {
                if (last[i] >= index) {
                    found.add(backups[i]);
                }
            }
        }

        /** The first range that begins after the segment. */
        private int after(long index) {
            return Sorted.first(first.length, range -> first[range] > index);
        }
    }
}
