// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.backups;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.WalHole;
import org.tidemark.catalog.WalInventory;
import org.tidemark.catalog.WalRun;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.cli.backups.ListedBackup.State;
import org.tidemark.cli.output.Amounts;

/**
 * From when to when a restore can go, in words. Pure. The store's times are those of storing: how far the newest WAL
 * reaches is only known once it is replayed, so it is named by its segment.
 */
public final class Reach {
    private Reach() {}

    public static List<String> of(
            ClusterIdentity identity,
            List<ListedBackup> backups,
            Map<ClusterArchive, WalInventory> inventories,
            Instant now) {
        List<BaseBackup> good = backups.stream()
                .filter(backup -> backup.state() == State.COMPLETE)
                .flatMap(backup -> backup.backup().stream())
                .sorted(Comparator.comparing(backup -> backup.run().ended()))
                .toList();
        if (good.isEmpty()) {
            return List.of("Nothing can be restored: there is no complete backup");
        }
        List<String> lines = new ArrayList<>();
        List<WalInventory> wal = inventories.entrySet().stream()
                .filter(entry -> entry.getKey().identity().equals(identity))
                .map(Map.Entry::getValue)
                .toList();
        Optional<WalRun> newest = wal.stream()
                .flatMap(inventory -> inventory.timelines().stream())
                .flatMap(timeline -> timeline.runs().stream())
                .max(Comparator.comparing(WalRun::timeline).thenComparing(WalRun::last));
        String end = newest.map(run -> "the end of " + run.last().name() + " (stored "
                        + Amounts.duration(Duration.between(run.lastStored(), now)) + " ago)")
                .orElse("its own end");
        List<String> holes = holes(good, wal);
        lines.add("Any moment from " + Amounts.second(good.getFirst().run().ended()) + " to " + end + " can be reached"
                + (holes.isEmpty() ? "" : ", except:"));
        lines.addAll(holes);
        return lines;
    }

    /** Those that no repository fills, behind the beginning of the first good backup. */
    private static List<String> holes(List<BaseBackup> good, List<WalInventory> wal) {
        List<String> lines = new ArrayList<>();
        for (WalInventory inventory : wal) {
            for (WalHole hole : inventory.holes()) {
                boolean matters = good.stream()
                        .anyMatch(backup -> backup.wal().timeline().equals(hole.timeline())
                                && backup.walFirst().compareTo(hole.first()) < 0);
                boolean filled =
                        wal.stream().anyMatch(other -> other.contains(hole.first()) && other.contains(hole.last()));
                String line =
                        "  " + until(good, hole) + "   hole " + hole.first().name()
                                + (hole.count() == 1
                                        ? ", 1 segment"
                                        : " .. " + hole.last().name() + ", " + hole.count() + " segments");
                if (matters && !filled && !lines.contains(line)) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }

    private static String until(List<BaseBackup> good, WalHole hole) {
        Optional<Instant> next = good.stream()
                .filter(backup -> backup.wal().timeline().equals(hole.timeline())
                        && backup.walFirst().compareTo(hole.last()) > 0)
                .map(backup -> backup.run().ended())
                .min(Comparator.naturalOrder());
        return "from the hole to "
                + next.map(ended -> Amounts.second(ended) + ", when the next backup ended")
                        .orElse("the end: there is no backup behind it");
    }
}
