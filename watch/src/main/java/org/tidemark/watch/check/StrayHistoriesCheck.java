// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.archiver.fetch.FollowableTimelines;
import org.tidemark.archiver.fetch.LocalHistories;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.core.Finding;
import org.tidemark.core.ShellWord;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;

/**
 * Whether pg_wal of a standby on this host holds the history of a timeline that it cannot follow. A standby that runs
 * keeps such a file when its primary restarts, and PostgreSQL does not start with it.
 */
final class StrayHistoriesCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.HISTORY;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        Optional<Path> standby = Stream.concat(
                        whole.cluster().dataDirectory().stream(),
                        whole.server().flatMap(each -> each.settings().dataDirectory()).stream())
                .filter(directory -> Files.exists(directory.resolve("standby.signal")))
                .findFirst();
        if (standby.isEmpty() || !followsTheNewest(standby.get())) {
            return List.of();
        }
        try {
            return look(whole, standby.get());
        } catch (IOException | IllegalArgumentException e) {
            return List.of(); // where the directory cannot be read, DataDirectoryCheck says so
        }
    }

    private List<Finding> look(CheckedCluster whole, Path standby) throws IOException {
        ControlFile control = ControlFile.read(standby);
        Path walDirectory = standby.resolve("pg_wal");
        List<TimelineHistory> archived = whole.repositories().stream()
                .flatMap(each -> each.held().stream())
                .filter(held -> held.identity().system().equals(control.system()))
                .flatMap(held -> held.inventory().timelines().stream())
                .map(TimelineInventory::history)
                .flatMap(Optional::stream)
                .toList();
        FollowableTimelines followable = FollowableTimelines.of(control);
        return followable.inTheWay(LocalHistories.in(walDirectory), archived).stream()
                .map(each -> finding(
                        walDirectory.resolve(new TimelineHistoryFile(each.timeline()).name()), each, followable))
                .toList();
    }

    private static Finding finding(Path file, TimelineHistory history, FollowableTimelines followable) {
        return Subject.HISTORY.critical(
                "this standby will not start again: '" + file + "' is there, but " + followable.why(history),
                "If timeline " + history.timeline() + " is the right one, make this standby again with: tidemark clone"
                        + " --to DIR --primary CONNINFO. If it was a copy's, move what it archived out of the"
                        + " repositories (docs/repair/conflict.md), then run here, before the next restart: rm "
                        + ShellWord.quote(file.toString()));
    }

    /** As its next start will read the setting; if that is uncertain, PostgreSQL's default counts. */
    private static boolean followsTheNewest(Path standby) {
        try {
            return new EffectiveSettings(standby, Map.of())
                    .valueAsWritten("recovery_target_timeline")
                    .filter(value -> !value.isEmpty() && !value.equals("latest"))
                    .isEmpty();
        } catch (UncertainSettingException e) {
            return true;
        }
    }
}
