// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Judged;
import org.tidemark.catalog.backup.DrillEvidence.Restored;
import org.tidemark.catalog.backup.DrillEvidence.Source;
import org.tidemark.catalog.backup.DrillEvidence.Target;
import org.tidemark.catalog.backup.DrillEvidence.Took;
import org.tidemark.catalog.backup.DrillEvidence.Transaction;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;

/** Evidence of drills, for tests: each took a minute, and its last commit is an hour older than its end. */
public final class HeldEvidence {
    private HeldEvidence() {}

    /** Of a drill that has passed. */
    public static DrillEvidence proven(IncarnationKeys incarnation, String id, String backup, Instant ended) {
        return evidence(incarnation, id, backup, ended, Optional.empty());
    }

    /**
     * Of a drill that has failed.
     *
     * @param fault such as {@code wal}
     */
    public static DrillEvidence failed(
            IncarnationKeys incarnation, String id, String backup, Instant ended, String fault) {
        return evidence(incarnation, id, backup, ended, Optional.of(fault));
    }

    /** The same, of a drill that could read from these repositories. */
    public static DrillEvidence from(DrillEvidence drill, String... ids) {
        return with(drill, Stream.of(ids).map(id -> new Source(id, id)).toList(), drill.judgements());
    }

    /** The same, of a drill that also asked this question, whose answer was the one that was expected. */
    public static DrillEvidence asking(DrillEvidence drill, String question, String asked) {
        List<Judged> judgements = new ArrayList<>(drill.judgements());
        judgements.add(new Judged(
                "question " + question,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Sha256.of(asked.getBytes(StandardCharsets.UTF_8)))));
        return with(drill, drill.repositories(), judgements);
    }

    private static DrillEvidence with(DrillEvidence drill, List<Source> repositories, List<Judged> judgements) {
        return new DrillEvidence(
                drill.incarnation(),
                drill.id(),
                drill.previous(),
                drill.host(),
                drill.programVersion(),
                drill.postgresVersion(),
                drill.begun(),
                drill.ended(),
                drill.target(),
                drill.restored(),
                drill.reached(),
                drill.kept(),
                drill.left(),
                repositories,
                judgements,
                drill.took());
    }

    private static DrillEvidence evidence(
            IncarnationKeys incarnation, String id, String backup, Instant ended, Optional<String> fault) {
        return new DrillEvidence(
                incarnation,
                id,
                Optional.empty(),
                "db1",
                "0.2.0",
                Optional.of(150004),
                ended.minusSeconds(60),
                ended,
                new Target("latest", Optional.empty(), "timeline-end"),
                Optional.of(new Restored(
                        new BackupId(backup),
                        Optional.empty(),
                        Timeline.FIRST,
                        Optional.of(WalNames.requireSegment("000000010000000000000001")),
                        Optional.of(WalNames.requireSegment("000000010000000000000008")))),
                Optional.empty(),
                Optional.of(new Transaction(753, ended.minusSeconds(3600))),
                Optional.empty(),
                List.of(),
                List.of(
                        new Judged("files", Optional.empty(), Optional.of("every file matches")),
                        new Judged("moment", fault, Optional.of("it is so"))),
                new Took(Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(10), 1 << 20));
    }
}
