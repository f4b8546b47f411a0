// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.session.reading.BackupState;
import org.tidemark.view.Json.Inline;

/**
 * A backup in JSON, the same in every command.
 *
 * @param facts empty until the backup is published
 * @param drilled when its last drill ended, if that has passed
 * @param drillFailed when its last drill ended, if that failed by the backup or the WAL
 */
public record BackupView(
        BackupId id,
        Optional<BaseBackup.Type> type,
        BackupState state,
        SystemIdentifier systemIdentifier,
        @Inline Optional<Facts> facts,
        List<String> repositories,
        List<String> problems,
        List<String> notes,
        Optional<String> annotation,
        List<KeptCopy> kept,
        List<VerifiedCopy> verified,
        Optional<Instant> drilled,
        Optional<Instant> drillFailed) {
    private record Facts(
            Optional<String> name,
            ClusterName cluster,
            int postgresVersion,
            @Inline Run run,
            @Inline Wal wal,
            long files,
            @Inline Sizes sizes,
            List<String> warnings) {
        static Facts of(BaseBackup backup) {
            BaseBackup.Run run = backup.run();
            WalRange wal = backup.wal();
            return new Facts(
                    backup.name(),
                    backup.origin().cluster(),
                    backup.origin().postgresVersion(),
                    new Run(
                            run.from(),
                            run.host(),
                            run.started(),
                            run.ended(),
                            backup.contents().contentTime()),
                    new Wal(wal.timeline(), wal.start(), wal.stop(), backup.walFirst(), backup.walLast()),
                    backup.contents().files(),
                    Sizes.of(backup.contents()),
                    run.warnings());
        }
    }

    private record Run(
            BaseBackup.Source from, String host, Instant started, Instant ended, Optional<Instant> contentTime) {}

    private record Wal(Timeline timeline, Lsn startLsn, Lsn stopLsn, Segment walFirst, Segment walLast) {}

    /** Bytes, and the damaged pages in them. */
    public record Sizes(long dataSize, long storedSize, long damagedPages) {
        public static Sizes of(BaseBackup.Contents contents) {
            return new Sizes(contents.dataSizeBytes(), contents.storedSizeBytes(), contents.damagedPagesCount());
        }
    }

    /** A keep, without the repository in which it is in force. */
    public record Keep(Mark.Kept.Target target, Optional<Instant> until, Optional<String> note) {
        public static Keep of(Mark.Kept kept) {
            return new Keep(kept.target(), kept.until(), kept.note());
        }
    }

    private record KeptCopy(String repository, @Inline Keep keep) {}

    private record VerifiedCopy(String repository, Instant at, long problems, Mark.Scope scope) {}

    /**
     * The view of a backup with its copies.
     *
     * @param now the moment at which a keep must be in force to be shown
     */
    public static BackupView of(ListedBackup listed, Instant now) {
        BackupRemarks remarks = BackupRemarks.of(listed, now);
        return new BackupView(
                listed.id(),
                listed.backup().map(BaseBackup::type),
                listed.state(),
                listed.system(),
                listed.backup().map(Facts::of),
                listed.repositories(),
                remarks.problems(),
                remarks.notes(),
                listed.annotation(),
                Json.list(listed.kept(now), (name, kept) -> new KeptCopy(name, Keep.of(kept))),
                Json.list(
                        listed.verified(),
                        (name, mark) -> new VerifiedCopy(name, mark.at(), mark.problems(), mark.scope())),
                listed.drill().filter(DrillEvidence::isProven).map(DrillEvidence::ended),
                listed.drill().filter(DrillEvidence::isFailureOfData).map(DrillEvidence::ended));
    }
}
