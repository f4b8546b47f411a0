// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.ShellWord;
import org.tidemark.operations.retention.RetentionTotals;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan;

/** What a repository keeps for another one alone: its own policy has given it up. */
final class AwaitedFinding {
    private AwaitedFinding() {}

    /**
     * None if nothing stays for it.
     *
     * @param alone the plan of the holder as if it were the only repository
     * @param plan with what the other repository may lack
     */
    static Optional<Finding> of(String holder, Lagging other, RetentionPlan alone, RetentionPlan plan, Instant now) {
        RetentionTotals all = RetentionTotals.leaving(alone);
        RetentionTotals rest = RetentionTotals.leaving(plan);
        List<PublishedBackup> backups = plan.awaitedBackups();
        long segments = all.segments() - rest.segments();
        if (backups.isEmpty() && segments <= 0) {
            return Optional.empty();
        }
        long bytes = all.backupBytes() - rest.backupBytes() + all.walBytes() - rest.walBytes();
        List<String> what = new ArrayList<>();
        backups.stream()
                .findFirst()
                .ifPresent(oldest -> what.add(Amounts.count(backups.size(), "backup", "backups")
                        + (backups.size() == 1 ? ", which ended " : ", the oldest of which ended ")
                        + Amounts.second(oldest.ended()) + ","));
        if (segments > 0) {
            what.add(Amounts.count(segments, "segment", "segments")
                    + plan.awaitedWal().stream()
                            .findFirst()
                            .filter(_ -> backups.isEmpty())
                            .map(first -> " from " + first.first().name() + " on")
                            .orElse("")
                    + ",");
        }
        boolean answers = other.contents().isPresent();
        String message = "'" + holder + "' keeps " + String.join(" and ", what) + " about " + Amounts.size(bytes)
                + ", only for '" + other.name() + "', which "
                + (answers ? "lacks " : "does not answer and may lack ")
                + (backups.size() + segments == 1 ? "it" : "them");
        String fill = ShellWord.quote(holder) + " " + ShellWord.quote(other.name());
        Finding finding = Subject.AWAITED
                .warning(
                        message,
                        answers
                                ? "Copy what is missing with: tidemark sync --quick " + fill
                                : "When it answers again, run: tidemark sync --quick " + fill
                                        + ". If it will not come back, remove its name from 'repositories' of the"
                                        + " cluster, or replace it: see docs/repair/replaced-repository.md.")
                .with(Measure.BACKUPS, backups.size())
                .with(Measure.SEGMENTS, segments)
                .with(Measure.BYTES, bytes)
                .of(holder);
        return Optional.of(backups.stream()
                .findFirst()
                .map(oldest -> finding.with(
                        Measure.AGE,
                        Math.max(0, now.getEpochSecond() - oldest.ended().getEpochSecond())))
                .orElse(finding));
    }
}
