// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Amounts;
import org.tidemark.operations.verify.Loss;
import org.tidemark.operations.verify.RepairAdvice;
import org.tidemark.recoverability.LostInterval;

/** What verifications found, and which moments it costs, as text. Pure. */
public final class LossText {
    private static final int MAX_NAMED = 3;

    private LossText() {}

    /** The backups that a problem hurts, to follow its text. */
    public static String owners(List<BackupId> backups) {
        if (backups.isEmpty()) {
            return "";
        }
        String named = String.join(
                ", ", backups.stream().limit(MAX_NAMED).map(BackupId::value).toList());
        int more = backups.size() - MAX_NAMED;
        return " (" + (backups.size() == 1 ? "backup " : "backups ") + named
                + (more > 0 ? " and " + more + " more" : "") + ")";
    }

    /** A line for each loss, with its causes, and one on what to do. */
    public static List<String> lines(String repository, List<Loss> losses, Optional<RepairAdvice> repair) {
        List<String> lines = new ArrayList<>();
        for (Loss loss : told(losses)) {
            lines.add("LOST     in '" + repository + "': any moment " + words(loss.interval()) + causes(loss));
            if (!loss.reachedBy().isEmpty()) {
                lines.add("         '" + loss.reachedBy().getFirst() + "' still reaches these moments."
                        + loss.advice().map(advice -> " " + advice).orElse(""));
            } else if (loss.isReachedTogether()) {
                lines.add("         All repositories together still reach these moments.");
            }
        }
        if (losses.size() > Loss.MAX_TOLD) {
            lines.add("and " + Amounts.count(losses.size() - Loss.MAX_TOLD, "more interval", "more intervals") + " of '"
                    + repository + "' lost");
        }
        if (losses.stream().allMatch(loss -> loss.advice().isEmpty())) {
            repair.ifPresent(from -> lines.add("         '" + from.repository() + "' has "
                    + Amounts.count(from.objects(), "object that is", "objects that are") + " damaged or missing here. "
                    + from.advice()));
        }
        return lines;
    }

    /** The losses that are shown. */
    public static List<Loss> told(List<Loss> losses) {
        return losses.subList(0, Math.min(losses.size(), Loss.MAX_TOLD));
    }

    private static String words(LostInterval lost) {
        return "from " + lost.from().map(Amounts::second).orElse("an unknown time") + " to "
                + lost.to().map(Amounts::second).orElse("an unknown time") + " on timeline " + lost.timeline() + " ("
                + lost.begin() + " to " + lost.end() + ")";
    }

    private static String causes(Loss loss) {
        List<String> causes = new ArrayList<>();
        loss.holes()
                .forEach(hole -> causes.add(
                        hole.count() == 1
                                ? hole.first().name()
                                : hole.first().name() + " to " + hole.last().name()));
        loss.causes().forEach(each -> causes.add(each.key().name()));
        List<String> distinct = causes.stream().distinct().toList();
        int more = distinct.size() - MAX_NAMED;
        return distinct.isEmpty()
                ? ""
                : ", because of "
                        + String.join(", ", distinct.stream().limit(MAX_NAMED).toList())
                        + (more > 0 ? " and " + more + " more" : "");
    }
}
