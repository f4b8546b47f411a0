// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;

/**
 * Keeps all backups that ended after the window began, and of each timeline that was in use in it the backup from
 * before it: the one that leads furthest, and the one that ended last, if a clock was wrong and they differ.
 */
final class WindowRule implements KeepingRule {
    private final Instant begin;
    private final Optional<RecoveryWindow> moving;
    private final TimelineUse use;
    private final List<FirstMoment> firstMoments;

    /** Which backups on a path had ended when the window began. */
    private record FirstMoment(BackupPath path, Optional<PublishedBackup> furthest, Optional<PublishedBackup> latest) {
        boolean isReachedFrom(PublishedBackup backup) {
            return path.contains(backup)
                    && (furthest.isEmpty()
                            || latest.isEmpty()
                            || BackupPath.BY_POSITION.compare(backup, furthest.get()) >= 0
                            || BackupPath.BY_END.compare(backup, latest.get()) >= 0);
        }
    }

    /**
     * A window.
     *
     * @param moving empty if it always begins at the same moment
     */
    WindowRule(Instant begin, Optional<RecoveryWindow> moving, TimelineUse use, List<BackupPath> paths) {
        this.begin = begin;
        this.moving = moving;
        this.use = use;
        this.firstMoments = paths.stream()
                .map(path -> new FirstMoment(path, path.furthest(begin), path.latest(begin)))
                .toList();
    }

    @Override
    public List<Reason> reasons(PublishedBackup backup) {
        if (backup.ended().isAfter(begin)) {
            return List.of(new Reason.WithinWindow(begin));
        }
        List<Reason> reasons = new ArrayList<>();
        for (FirstMoment each : firstMoments) {
            if (each.isReachedFrom(backup) && use.isInUse(each.path().timeline(), begin)) {
                reasons.add(new Reason.FirstMoment(begin, each.path().timeline()));
            }
        }
        return reasons;
    }

    @Override
    public Optional<Instant> ends(PublishedBackup backup) {
        if (moving.isEmpty()) {
            return Optional.empty();
        }
        RecoveryWindow window = moving.get();
        Instant last = window.reaches(backup.ended());
        for (FirstMoment each : firstMoments) {
            if (!each.path().contains(backup)) {
                continue;
            }
            Optional<Instant> superseded = each.path().superseded(backup).map(window::reaches);
            Optional<Instant> unused = use.ends(each.path().timeline(), window);
            Optional<Instant> end =
                    Stream.of(superseded, unused).flatMap(Optional::stream).min(Instant::compareTo);
            if (end.isEmpty()) {
                return Optional.empty();
            }
            last = end.get().isAfter(last) ? end.get() : last;
        }
        return Optional.of(last);
    }
}
