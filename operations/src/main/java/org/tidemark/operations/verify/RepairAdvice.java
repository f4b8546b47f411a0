// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.sync.CopyAdvice;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectKey;

/**
 * Where damaged and missing objects can be copied from. Immutable.
 *
 * @param repository the name of another repository that has some of them
 * @param objects how many; of a verification with many problems, of the first {@value #MAX_ASKED}
 * @param advice a sentence with the command
 */
public record RepairAdvice(String repository, long objects, String advice) {
    private static final int MAX_ASKED = 100;

    /**
     * The repository that has the most of what is damaged or missing in another one, as far as is known whole.
     *
     * @param damaged the name of the repository with problems
     * @param reports by the name of the repository
     */
    static Optional<RepairAdvice> of(Session session, String damaged, Map<String, List<VerifyReport>> reports) {
        Set<ObjectKey> wanted = problems(reports.getOrDefault(damaged, List.of())).stream()
                .limit(MAX_ASKED)
                .collect(Collectors.toSet());
        Optional<IncarnationKeys> incarnation = wanted.stream().findFirst().flatMap(IncarnationKeys::of);
        if (incarnation.isEmpty()) {
            return Optional.empty();
        }
        List<RepositorySettings> all = session.repositoriesOfTheCluster();
        Optional<RepairAdvice> best = Optional.empty();
        try {
            Optional<ClusterArchive> to = archive(session, all, damaged, incarnation.get());
            for (RepositorySettings each : all) {
                Optional<ClusterArchive> from = to.isEmpty() || each.name().equals(damaged)
                        ? Optional.empty()
                        : archive(session, all, each.name(), incarnation.get());
                long there = from.isEmpty()
                        ? 0
                        : count(from.get(), wanted, problems(reports.getOrDefault(each.name(), List.of())));
                if (there > best.map(RepairAdvice::objects).orElse(0L)) {
                    best = Optional.of(new RepairAdvice(
                            each.name(),
                            there,
                            CopyAdvice.of(each.name(), from.orElseThrow(), damaged, to.orElseThrow())));
                }
            }
        } catch (IOException | UserFacingException e) {
            // One that does not answer gives no advice, and its own verification says why.
        }
        return best;
    }

    private static Optional<ClusterArchive> archive(
            Session session, List<RepositorySettings> all, String name, IncarnationKeys incarnation)
            throws IOException {
        for (RepositorySettings each : all) {
            if (each.name().equals(name)) {
                return session.repository(each).incarnation(incarnation.cluster(), incarnation.system());
            }
        }
        return Optional.empty();
    }

    private static long count(ClusterArchive archive, Set<ObjectKey> wanted, Set<ObjectKey> problems)
            throws IOException {
        long count = 0;
        for (ObjectKey key : wanted) {
            if (!problems.contains(key)
                    && archive.repository().store().stat(key).isPresent()) {
                count++;
            }
        }
        return count;
    }

    /** Without the descriptions of backups, which stand for missing WAL. */
    private static Set<ObjectKey> problems(List<VerifyReport> reports) {
        Set<ObjectKey> keys = new HashSet<>();
        for (VerifyReport report : reports) {
            for (ObjectFinding each : report.findings()) {
                if (each.severity() == Severity.PROBLEM
                        && !(ObjectName.parse(each.key()) instanceof ObjectName.BackupDocument)) {
                    keys.add(each.key());
                }
            }
        }
        return keys;
    }
}
