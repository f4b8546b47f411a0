// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.ContentComparison;
import org.tidemark.catalog.wal.ContentComparison.Side;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;

/** Whether two servers have written one timeline, each into a repository of its own. */
final class SameWalCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.CONFLICT;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) throws IOException {
        List<Finding> found = new ArrayList<>();
        for (ContentComparison each : ContentComparison.pairs(sides(whole))) {
            conflict(each).ifPresent(found::add);
        }
        return found;
    }

    private Optional<Finding> conflict(ContentComparison comparison) throws IOException {
        String one = comparison.one().repository();
        for (Timeline timeline : comparison.one().listed().timelines().reversed()) {
            Optional<Segment> from = comparison.firstConflict(timeline, 0, Long.MAX_VALUE);
            if (from.isPresent()) {
                return Optional.of(subject()
                        .critical(
                                comparison.inWords(from.get()),
                                "A recovery from both would end early or mix them. Find out which server is the right"
                                        + " one (docs/repair/conflict.md); recover from its repository alone, with"
                                        + " --repository " + one + " or --repository "
                                        + comparison.other().repository() + ".")
                        .of(one));
            }
        }
        return Optional.empty();
    }

    private static List<Side> sides(CheckedCluster whole) {
        return whole.repositories().stream()
                .flatMap(each -> each.held().stream()
                        .map(held -> new Side(
                                each.name(),
                                held.archive().wal(),
                                held.snapshot().wal())))
                .toList();
    }
}
