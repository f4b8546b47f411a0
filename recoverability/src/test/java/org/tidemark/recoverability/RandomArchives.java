// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.Archives.SIZE;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.segment;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;

/** Makes random archives: timelines that fork anywhere, holes, backups of abandoned parts. Not thread-safe. */
public final class RandomArchives {
    private final Random random;
    private final Set<Segment> archived = new HashSet<>();
    private final Map<Integer, String> histories = new HashMap<>();

    public RandomArchives(Random random) {
        this.random = random;
    }

    /** Every segment of the one that was made last. */
    public Set<Segment> archived() {
        return archived;
    }

    /** Of the one that was made last; empty for a history that is not archived. */
    public Map<Integer, String> histories() {
        return histories;
    }

    public Archives next() {
        return next(3);
    }

    /** One whose segments were stored in their order, each history as soon as its timeline began. */
    public Archives nextInOrder() {
        return next(1);
    }

    private Archives next(int minutesLate) {
        archived.clear();
        histories.clear();
        histories.put(1, "");
        Archives archives = new Archives();
        Lsn[] begins = {at(0, 0), at(1, 0), at(1, 0), at(1, 0), at(1, 0)};
        int timelines = 1 + random.nextInt(4);
        for (int timeline = 2; timeline <= timelines; timeline++) {
            int parent = 1 + random.nextInt(timeline - 1);
            // A recovery along the parent may have ended before the parent began.
            long index = Math.max(1, SIZE.segmentNumber(begins[parent]) - 2 + random.nextInt(8));
            // On the border of two segments now and then.
            Lsn fork = at(index, random.nextInt(4) == 0 ? 0 : 0x2000 + random.nextInt(0x8000));
            begins[timeline] = fork;
            String history = histories.getOrDefault(parent, "") + parent + "\t" + begins[timeline] + "\tx\n";
            boolean isArchived = random.nextInt(10) > 0;
            if (isArchived) {
                archives.history(timeline, history);
                if (minutesLate == 1) {
                    archives.promoted(timeline, index);
                }
            }
            histories.put(timeline, isArchived ? history : "");
        }
        for (int timeline = 1; timeline <= timelines; timeline++) {
            long begin = SIZE.segmentNumber(begins[timeline]);
            long end = begin + random.nextInt(12);
            for (long index = begin; index < end; index++) {
                if (random.nextInt(20) > 0) {
                    archives.walStored(timeline, index, index, random.nextInt(minutesLate));
                    archived.add(segment(timeline, index));
                }
            }
            if (random.nextInt(3) == 0) {
                long index = begin + random.nextInt(12);
                archives.partial(timeline, index);
                archived.add(segment(timeline, index));
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                archives.backup(timeline + "-" + i, timeline, begin + random.nextInt(8));
            }
        }
        return archives;
    }
}
