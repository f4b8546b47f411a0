// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.session.reading.IncarnationReading;

/**
 * Whether two servers archive under the name of one cluster. After pg_upgrade there are two incarnations as well, but
 * the WAL of the former one ends where that of the new one begins.
 */
final class OtherServersCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.OTHER_SERVERS;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        if (at.held().isEmpty()) {
            return List.of();
        }
        IncarnationReading own = at.held().get();
        Optional<Instant> began = own.inventory().timelines().stream()
                .flatMap(timeline -> timeline.runs().stream())
                .map(WalRun::firstStored)
                .min(Comparator.naturalOrder());
        List<Finding> findings = new ArrayList<>();
        for (ClusterArchive other : at.repository().incarnations(at.cluster().name())) {
            if (other.identity().system().equals(own.identity().system()) || began.isEmpty()) {
                continue;
            }
            other.wal()
                    .inventory()
                    .newest()
                    .map(WalRun::lastStored)
                    .filter(time -> time.isAfter(began.get()))
                    .ifPresent(time -> findings.add(subject()
                            .warning(
                                    "another server archives as cluster '"
                                            + at.cluster().name() + "' in '" + at.name()
                                            + "': system identifier "
                                            + other.identity().system() + ", last at "
                                            + Amounts.second(time),
                                    "Give each cluster a name of its own: docs/archive/second-cluster.md")));
        }
        return at.findings(findings.toArray(Finding[]::new));
    }
}
