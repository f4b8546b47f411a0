// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.backup.Mark.Searched.Range;
import org.tidemark.core.WalFile.Segment;

/**
 * WAL of some repositories that verify has searched, and in which it found nothing that a plan must know: nobody need
 * read it again as long as its repository lists the same objects. Not thread-safe.
 */
public final class SearchedRanges {
    private final List<Holding> holdings;
    private final Set<Range> changed = new HashSet<>();
    /** The last range that was found to be listed as it was: neighbours are asked for one after another. */
    private Optional<Range> listed = Optional.empty();

    /** @param holdings the repositories whose own searches count */
    public SearchedRanges(List<Holding> holdings) {
        this.holdings = List.copyOf(holdings);
    }

    /** Whether a segment was searched; not if that cannot be seen now. */
    boolean holds(Segment segment) throws IOException {
        if (listed.filter(range -> range.holds(segment)).isEmpty()) {
            listed = find(segment);
        }
        return listed.isPresent();
    }

    private Optional<Range> find(Segment segment) throws IOException {
        for (Holding holding : holdings) {
            for (Range each : holding.searched()) {
                if (each.holds(segment) && !changed.contains(each)) {
                    if (isListed(holding, each)) {
                        return Optional.of(each);
                    }
                    changed.add(each);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isListed(Holding holding, Range range) throws IOException {
        try {
            return holding.archive()
                    .wal()
                    .listing()
                    .digest(range.first(), range.last())
                    .equals(Optional.of(range.list()));
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            return false;
        }
    }
}
