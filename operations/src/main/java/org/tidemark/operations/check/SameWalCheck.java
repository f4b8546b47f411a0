// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.ContentComparison;
import org.tidemark.catalog.wal.ContentComparison.Side;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.reading.IncarnationReading;

/** Whether two servers have written one timeline, each into a repository of its own. */
final class SameWalCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.CONFLICT;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) throws IOException {
        List<Finding> found = new ArrayList<>();
        List<CheckedRepository> held = whole.repositories().stream()
                .filter(each -> each.held().isPresent())
                .toList();
        for (int i = 0; i < held.size(); i++) {
            for (CheckedRepository other : held.subList(i + 1, held.size())) {
                found.addAll(compare(held.get(i), other));
            }
        }
        return found;
    }

    private List<Finding> compare(CheckedRepository one, CheckedRepository other) throws IOException {
        Side first = side(one.held().orElseThrow());
        Side second = side(other.held().orElseThrow());
        for (Timeline timeline : first.listed().timelines().reversed()) {
            Optional<Segment> from = new ContentComparison(first, second).firstConflict(timeline, 0, Long.MAX_VALUE);
            if (from.isPresent()) {
                return one.findings(subject()
                        .critical(
                                "'" + one.name() + "' and '" + other.name() + "' hold different content under '"
                                        + from.get().name() + "' and later names: two servers have written timeline "
                                        + timeline,
                                "A recovery from both would end early or mix them. Find out which server is the right"
                                        + " one (docs/operating/conflict.md); recover from its repository alone, with"
                                        + " --repository " + one.name() + " or --repository " + other.name() + "."));
            }
        }
        return List.of();
    }

    private static Side side(IncarnationReading held) {
        ArchivedWal listed = held.snapshot().wal();
        return new Side(held.archive().wal(), listed);
    }
}
