// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.Optional;
import org.tidemark.cli.output.Document;
import org.tidemark.operations.retention.PlannedArchive;
import org.tidemark.operations.retention.RetentionEffect;
import org.tidemark.operations.retention.RetentionTotals;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.UnfinishedFate;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;

/** What retention does in one repository, in JSON. */
final class RetentionJson {
    private RetentionJson() {}

    /** @param effect empty where nothing goes */
    static Document of(PlannedArchive planned, Optional<RetentionEffect> effect) {
        RetentionSettings settings = planned.settings();
        RetentionPlan plan = planned.plan();
        return new Document()
                .put("repository", planned.repository())
                .put("cluster", planned.archive().identity().cluster().value())
                .put("systemIdentifier", planned.archive().identity().system().toString())
                .put("policy", settings.policy().map(RetentionPolicy::toString))
                .put("minimumRedundancy", settings.minimumRedundancy())
                .put("walRetention", settings.wal().map(RetentionPolicy::toString))
                .list("keep", settings.longTerm())
                .each(LongTermRule::toString)
                .list("backups", plan.backups().reversed())
                .each(RetentionJson::backup)
                .list("wal", plan.wal())
                .each(RetentionJson::wal)
                .list("unfinished", plan.unfinished())
                .each(RetentionJson::unfinished)
                .put("problems", plan.problems())
                .put("staying", totals(RetentionTotals.staying(plan)))
                .put("leaving", totals(RetentionTotals.leaving(plan)))
                .put("before", effect.map(each -> RecoverableJson.describe(new Document(), each.before())))
                .put("after", effect.map(each -> RecoverableJson.describe(new Document(), each.after())));
    }

    private static Document backup(BackupFate fate) {
        return new Document()
                .put("id", fate.backup().id().value())
                .put("ended", fate.backup().ended())
                .put("storedSize", fate.backup().storedBytes())
                .put("problem", fate.backup().problem())
                .put("stays", fate.stays())
                .put("goes", fate.goes())
                .put(
                        "wal",
                        switch (fate.wal()) {
                            case FULL -> "full";
                            case STANDALONE -> "standalone";
                        })
                .list("reasons", fate.reasons())
                .each(reason -> new Document().put("rule", rule(reason)).put("why", reason.text()));
    }

    private static String rule(Reason reason) {
        return switch (reason) {
            case Reason.NoPolicy _ -> "NO_POLICY";
            case Reason.WithinWindow _ -> "WITHIN_WINDOW";
            case Reason.FirstMoment _ -> "FIRST_MOMENT";
            case Reason.AmongNewest _ -> "AMONG_NEWEST";
            case Reason.MinimumRedundancy _ -> "MINIMUM_REDUNDANCY";
            case Reason.NewestVerified _ -> "NEWEST_VERIFIED";
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

    private static Document wal(WalFate fate) {
        return new Document()
                .put("timeline", fate.timeline().id())
                .put("first", fate.first().name())
                .put("last", fate.last().name())
                .put("segments", fate.segments())
                .put("storedSize", fate.storedBytes())
                .put("stays", fate.stays())
                .put("rule", fate.reason().map(WalReason::name))
                .put("why", fate.reason().map(WalReason::text));
    }

    private static Document unfinished(UnfinishedFate fate) {
        return new Document()
                .put("id", fate.unfinished().id().value())
                .put("lastStored", fate.unfinished().lastStored())
                .put("isRemoved", fate.unfinished().isRemoved())
                .put("stays", fate.stays());
    }

    private static Document totals(RetentionTotals totals) {
        return new Document()
                .put("backups", totals.backups())
                .put("backupBytes", totals.backupBytes())
                .put("segments", totals.segments())
                .put("walBytes", totals.walBytes());
    }
}
