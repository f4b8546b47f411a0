// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.Verifier.Options.WalContent;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.postgres.wal.WalFacts.ParameterChange;

/**
 * Finds, while WAL is verified, where a server began to run with wal_level = minimal, and notes it in the repository:
 * all plans, lists and checks go by that, also on other hosts. Thread-safe.
 */
final class MinimalWalSearch implements WalContent {
    private final Map<IncarnationKeys, ClusterArchive> archives;
    private final Map<IncarnationKeys, Set<Position>> found = new ConcurrentHashMap<>();

    private record Position(Timeline timeline, Lsn lsn) {}

    /** @param archives what is verified; WAL of others is not looked at */
    MinimalWalSearch(List<ClusterArchive> archives) {
        this.archives = archives.stream()
                .collect(Collectors.toMap(each -> each.identity().keys(), Function.identity()));
    }

    @Override
    public void read(IncarnationKeys incarnation, Segment segment, InputStream content, Segments others)
            throws IOException {
        ClusterArchive archive = archives.get(incarnation);
        if (archive == null) {
            return;
        }
        WalSegmentSize size = archive.identity().walSegmentSize();
        WalFacts facts = WalFacts.read(content, () -> others.open(segment.next(size)), segment, size, any -> false);
        for (ParameterChange each : facts.parameters()) {
            if (each.isMinimal()) {
                found.computeIfAbsent(incarnation, any -> ConcurrentHashMap.newKeySet())
                        .add(new Position(segment.timeline(), each.at()));
            }
        }
    }

    /**
     * Notes what no mark says yet.
     *
     * @param repository in which the WAL was read
     * @return what is new, and what could not be noted
     */
    List<Finding> conclude(String repository, Function<ClusterArchive, BackupCatalog> catalogs, Clock clock) {
        List<Finding> findings = new ArrayList<>();
        found.forEach((incarnation, positions) -> {
            BackupCatalog catalog = catalogs.apply(Objects.requireNonNull(archives.get(incarnation)));
            try {
                Set<Position> known = catalog.marks().minimal().stream()
                        .map(each -> new Position(each.timeline(), each.position()))
                        .collect(Collectors.toSet());
                for (Position each : positions) {
                    if (!known.contains(each)) {
                        catalog.markWal(new Mark.Minimal(clock.instant(), each.timeline(), each.lsn()));
                        findings.add(Finding.warning(
                                        "recovery",
                                        "the server ran with wal_level = minimal from " + each.lsn() + " on timeline "
                                                + each.timeline() + ": no recovery goes past this position",
                                        "If no backup was taken since, take one now with: tidemark backup")
                                .of(repository));
                    }
                }
            } catch (IOException | UserFacingException e) {
                findings.add(Finding.warning(
                                "mark",
                                "what was found in WAL cannot be recorded in '" + repository + "': "
                                        + StorageErrors.explainUnlessInterrupted(e)
                                                .getMessage(),
                                "check and list-backup do not show it. To record it, run verify as the owner of the"
                                        + " repository.")
                        .of(repository));
            }
        });
        return findings;
    }
}
