// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.TimelineWal.Run;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Compares what two archives of one incarnation hold under the same names. Where two servers have written the same
 * timeline, each into an archive of its own, the content is different from one segment on. So the last segment that
 * both hold decides, and costs one header of each; only where those differ is the first one searched. What both do not
 * hold cannot be compared, nor what is encrypted to keys that this host lacks.
 */
public record ContentComparison(Side one, Side other) {
    /** So many of the newest segments are passed over if they are damaged. */
    private static final int MOST_DAMAGED = 16;

    /** An archive, the name of its repository, and what was listed of it. */
    public record Side(String repository, WalArchive archive, ArchivedWal listed) {}

    /** Each with each. */
    public static List<ContentComparison> pairs(List<Side> sides) {
        List<ContentComparison> pairs = new ArrayList<>();
        for (int i = 0; i < sides.size(); i++) {
            for (Side other : sides.subList(i + 1, sides.size())) {
                pairs.add(new ContentComparison(sides.get(i), other));
            }
        }
        return pairs;
    }

    /** What a conflict is, as a sentence. */
    public String inWords(Segment from) {
        return "'" + one.repository() + "' and '" + other.repository() + "' hold different content under '"
                + from.name() + "' and later names: two servers have written timeline " + from.timeline();
    }

    /**
     * The first segment of a timeline, of those from {@code from} to {@code to}, whose content is different; empty if
     * none is known to be.
     */
    public Optional<Segment> firstConflict(Timeline timeline, long from, long to) throws IOException {
        List<Run> common = common(timeline, from, to);
        long count = common.stream().mapToLong(Run::count).sum();
        long high = count;
        Optional<Boolean> differs = Optional.empty();
        while (differs.isEmpty() && high > Math.max(0, count - MOST_DAMAGED)) {
            high--;
            differs = differ(timeline, place(common, high));
        }
        if (!differs.orElse(false)) {
            return Optional.empty();
        }
        long low = 0;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (differ(timeline, place(common, middle)).orElse(false)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return Optional.of(Segment.of(timeline, place(common, high), size()));
    }

    private WalSegmentSize size() {
        return one.listed().segmentSize();
    }

    /** Empty if a copy is damaged: then it is not known what was archived there. */
    private Optional<Boolean> differ(Timeline timeline, long place) throws IOException {
        Segment segment = Segment.of(timeline, place, size());
        try {
            Optional<Sha256> first = one.archive().digest(segment);
            Optional<Sha256> second = first.isEmpty() ? first : other.archive().digest(segment);
            return Optional.of(second.isPresent() && !second.equals(first));
        } catch (DamagedObjectException e) {
            return Optional.empty();
        }
    }

    private List<Run> common(Timeline timeline, long from, long to) {
        List<Run> common = new ArrayList<>();
        TimelineWal second = other.listed().of(timeline);
        for (Run run : one.listed().of(timeline).runs(from, to)) {
            common.addAll(second.runs(run.first(), run.last()));
        }
        return common;
    }

    private static long place(List<Run> runs, long number) {
        long left = number;
        for (Run run : runs) {
            if (left < run.count()) {
                return run.first() + left;
            }
            left -= run.count();
        }
        throw new IllegalArgumentException("there is no segment " + number);
    }
}
