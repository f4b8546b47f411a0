// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.operations.retention.PlannedArchive;
import org.tidemark.operations.retention.RetentionEffect;
import org.tidemark.operations.retention.RetentionTotals;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.UnfinishedFate;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.view.IntervalLines;

/** What retention does in one repository, as text. Pure. */
final class RetentionLines {
    private static final String GOES = "goes";

    private RetentionLines() {}

    /**
     * Describes a plan.
     *
     * @param effect empty where nothing goes
     * @param isTried whether the policy is not the configured one
     */
    static List<String> of(PlannedArchive planned, Optional<RetentionEffect> effect, boolean isTried, Instant now) {
        ClusterIdentity identity = planned.archive().identity();
        List<String> lines = new ArrayList<>();
        lines.add(identity.cluster() + " · PostgreSQL " + identity.postgresMajor() + " · system " + identity.system()
                + " · repository " + planned.repository());
        lines.addAll(settings(planned, isTried));
        lines.add("");
        RetentionPlan plan = planned.plan();
        if (plan.backups().isEmpty()) {
            lines.add("no backups; take one with: tidemark backup");
        } else {
            lines.addAll(backups(plan));
        }
        if (!plan.wal().isEmpty()) {
            lines.add("");
            lines.addAll(wal(plan));
        }
        if (!plan.unfinished().isEmpty()) {
            lines.add("");
            plan.unfinished().forEach(each -> lines.add(unfinished(each)));
        }
        lines.add("");
        lines.addAll(totals(plan));
        if (!isTried && !plan.removesNothing() && plan.problems().isEmpty()) {
            lines.add("to delete what goes: tidemark expire --confirm");
        }
        plan.problems().forEach(problem -> {
            lines.add("PROBLEM: nothing can be removed while a part of the catalog cannot be read: " + problem);
            lines.add("  HINT: See what is damaged with: "
                    + CopyableCommand.of("verify", "--all", "--repository", planned.repository()));
        });
        effect.ifPresent(each -> lines.addAll(effect(planned.repository(), each, now)));
        lines.add("");
        return lines;
    }

    private static List<String> settings(PlannedArchive planned, boolean isTried) {
        RetentionSettings settings = planned.settings();
        if (settings.policy().isEmpty()) {
            // An address stands for a repository that is not configured; the command gets it from the command line.
            boolean isConfigured = !planned.repository().contains(":");
            return List.of(
                    "no retention policy: nothing expires",
                    "  HINT: Set one in "
                            + (isConfigured ? "[repository." + planned.repository() + "]" : "the configuration")
                            + ": retention = \"RECOVERY WINDOW OF 30 DAYS\". To see what it would do:",
                    "    "
                            + CopyableCommand.of("retention")
                                    .with(isConfigured ? List.of("--repository", planned.repository()) : List.of())
                                    .with(List.of("--with", "RECOVERY WINDOW OF 30 DAYS")));
        }
        return List.of("policy " + settings.policy().get() + (isTried ? " (given by --with)" : "")
                + "; minimum redundancy " + settings.minimumRedundancy()
                + "; WAL "
                + settings.wal().map(wal -> "by " + wal).orElse("as backups")
                + (settings.longTerm().isEmpty()
                        ? ""
                        : "; keep "
                                + settings.longTerm().stream()
                                        .map(LongTermRule::toString)
                                        .collect(Collectors.joining(", "))));
    }

    /** Newest first, as list-backup has them. */
    private static List<String> backups(RetentionPlan plan) {
        TextTable table = new TextTable(
                Column.left("ID"),
                Column.left("ENDED (UTC)"),
                Column.right("STORED"),
                Column.left("STAYS"),
                Column.left("WHY"));
        for (BackupFate each : plan.backups().reversed()) {
            table.row(
                    each.backup().id().value(),
                    Amounts.minute(each.backup().ended()),
                    Amounts.size(each.backup().storedBytes()),
                    stays(each),
                    why(each));
        }
        return table.lines();
    }

    private static String stays(BackupFate fate) {
        if (!fate.stays()) {
            return GOES;
        }
        OptionalInt after = fate.goesAfter();
        return fate.goes()
                .map(end -> "until " + Amounts.minute(end))
                .orElseGet(() -> after.isPresent() ? "for " + after.getAsInt() + " more" : "stays");
    }

    private static String why(BackupFate fate) {
        PublishedBackup backup = fate.backup();
        if (!fate.stays()) {
            return "no rule keeps it"
                    + backup.problem().map(problem -> "; broken: " + problem).orElse("");
        }
        return fate.reasons().stream().map(Reason::text).collect(Collectors.joining("; "))
                + (fate.wal() == WalScope.STANDALONE ? "; without the WAL after it" : "");
    }

    private static List<String> wal(RetentionPlan plan) {
        TextTable table = new TextTable(
                Column.right("TL"),
                Column.left("FIRST"),
                Column.left("LAST"),
                Column.right("SEGMENTS"),
                Column.right("STORED"),
                Column.left("STAYS"),
                Column.left("WHY"));
        for (WalFate each : plan.wal()) {
            table.row(
                    each.timeline().toString(),
                    each.first().name(),
                    each.last().name(),
                    Long.toString(each.segments()),
                    Amounts.size(each.storedBytes()),
                    each.stays() ? "stays" : GOES,
                    each.reason().map(WalReason::text).orElse("no backup that stays needs it"));
        }
        return table.lines();
    }

    private static String unfinished(UnfinishedFate fate) {
        UnfinishedBackup unfinished = fate.unfinished();
        if (fate.stays()) {
            return unfinished.id() + " is not complete (its newest object was stored at "
                    + Amounts.second(unfinished.lastStored()) + "): it stays until "
                    + Amounts.second(unfinished.lastStored().plus(UnfinishedBackup.GRACE_PERIOD))
                    + ", because it may still be completed";
        }
        return unfinished.id() + (unfinished.isRemoved() ? " was removed" : " was never completed")
                + ": what is left of it goes, except what a backup uses";
    }

    private static List<String> totals(RetentionPlan plan) {
        return List.of(
                "stays: " + words(RetentionTotals.staying(plan)),
                plan.removesNothing() ? "nothing goes" : "goes:  " + plan.summary());
    }

    private static List<String> effect(String repository, RetentionEffect effect, Instant now) {
        List<String> before = IntervalLines.of(effect.before(), now);
        List<String> after = IntervalLines.of(effect.after(), now);
        List<String> lines = new ArrayList<>();
        String alone = "from '" + repository + "' alone, ";
        lines.add(alone + (before.equals(after) ? "before and after:" : "before:"));
        before.forEach(line -> lines.add("  " + line));
        if (!before.equals(after)) {
            lines.add(alone + "after:");
            after.forEach(line -> lines.add("  " + line));
        }
        return lines;
    }

    private static String words(RetentionTotals totals) {
        return Amounts.count(totals.backups(), "backup", "backups") + ", " + Amounts.size(totals.backupBytes()) + "; "
                + Amounts.count(totals.segments(), "segment", "segments") + ", " + Amounts.size(totals.walBytes());
    }
}
