// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;
import org.tidemark.operations.retention.PlannedArchive;
import org.tidemark.operations.retention.RetentionEffect;
import org.tidemark.operations.retention.RetentionTotals;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.UnfinishedFate;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.view.Json.Inline;

/** What retention does in one repository, in JSON. */
public record RetentionView(
        String repository,
        @Inline IncarnationView incarnation,
        Optional<String> policy,
        int minimumRedundancy,
        Optional<String> walRetention,
        List<String> keep,
        List<Backup> backups,
        List<Wal> wal,
        List<Unfinished> unfinished,
        List<String> problems,
        RetentionTotals staying,
        RetentionTotals leaving,
        Optional<RecoverableView> before,
        Optional<RecoverableView> after) {
    private record Backup(
            BackupId id,
            Instant ended,
            long storedSize,
            Optional<String> problem,
            boolean stays,
            Optional<Instant> goes,
            Optional<Integer> goesAfterBackups,
            String wal,
            List<Why> reasons) {
        static Backup of(BackupFate fate) {
            PublishedBackup backup = fate.backup();
            return new Backup(
                    backup.id(),
                    backup.ended(),
                    backup.storedBytes(),
                    backup.problem(),
                    fate.stays(),
                    fate.goes(),
                    fate.goesAfter().stream().boxed().findFirst(),
                    fate.wal().name().toLowerCase(Locale.ROOT),
                    Json.list(fate.reasons(), reason -> new Why(Why.rule(reason), reason.text())));
        }
    }

    private record Why(String rule, String why) {
        private static String rule(Reason reason) {
            return switch (reason) {
                case Reason.NoPolicy _ -> "NO_POLICY";
                case Reason.WithinWindow _ -> "WITHIN_WINDOW";
                case Reason.FirstMoment _ -> "FIRST_MOMENT";
                case Reason.AmongNewest _ -> "AMONG_NEWEST";
                case Reason.MinimumRedundancy _ -> "MINIMUM_REDUNDANCY";
                case Reason.NewestVerified _ -> "NEWEST_VERIFIED";
                case Reason.NewestSound _ -> "NEWEST_SOUND";
                case Reason.LongTerm _ -> "LONG_TERM";
                case Reason.KeptByOperator _ -> "KEPT";
                case Reason.KeepUnreadable _ -> "KEEP_UNREADABLE";
                case Reason.UnknownHistory _ -> "UNKNOWN_HISTORY";
                case Reason.Locked _ -> "LOCKED";
                case Reason.LaterRun _ -> "LATER_RUN";
                case Reason.DatedAhead _ -> "DATED_AHEAD";
                case Reason.NotNamed _ -> "NOT_NAMED";
                case Reason.Awaited _ -> "AWAITED";
                case Reason.MayBeRepaired _ -> "BROKEN";
            };
        }
    }

    private record Wal(
            Timeline timeline,
            @Inline RangeView range,
            long storedSize,
            boolean stays,
            Optional<String> rule,
            Optional<String> why) {
        static Wal of(WalFate fate) {
            return new Wal(
                    fate.timeline(),
                    new RangeView(fate.first(), fate.last(), fate.segments()),
                    fate.storedBytes(),
                    fate.stays(),
                    fate.reason().map(WalReason::name),
                    fate.reason().map(WalReason::text));
        }
    }

    private record Unfinished(BackupId id, Instant lastStored, boolean isRemoved, boolean stays) {
        static Unfinished of(UnfinishedFate fate) {
            UnfinishedBackup backup = fate.unfinished();
            return new Unfinished(backup.id(), backup.lastStored(), backup.isRemoved(), fate.stays());
        }
    }

    /**
     * The view of what one archive keeps and lets go.
     *
     * @param effect empty where nothing goes
     */
    public static RetentionView of(PlannedArchive planned, Optional<RetentionEffect> effect) {
        RetentionSettings settings = planned.settings();
        RetentionPlan plan = planned.plan();
        return new RetentionView(
                planned.repository(),
                IncarnationView.of(planned.archive().identity()),
                settings.policy().map(RetentionPolicy::toString),
                settings.minimumRedundancy(),
                settings.wal().map(RetentionPolicy::toString),
                Json.list(settings.longTerm(), LongTermRule::toString),
                Json.list(plan.backups().reversed(), Backup::of),
                Json.list(plan.wal(), Wal::of),
                Json.list(plan.unfinished(), Unfinished::of),
                plan.problems(),
                RetentionTotals.staying(plan),
                RetentionTotals.leaving(plan),
                effect.map(each -> RecoverableView.of(each.before())),
                effect.map(each -> RecoverableView.of(each.after())));
    }
}
