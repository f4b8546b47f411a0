// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;

/**
 * Whether anything in a repository is dated in the future: then its store's clock, or that of a host, is or was wrong.
 * The store's present time cannot be asked without storing something.
 */
final class StoredClockCheck implements Check<CheckedRepository> {
    private record Dated(String what, Instant time) {}

    @Override
    public Subject subject() {
        return Subject.CLOCK;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        Optional<Dated> newest = at.held().stream()
                .flatMap(held -> Stream.concat(
                        held.backups().stream()
                                .map(backup -> new Dated(
                                        "backup " + backup.id(), backup.run().ended())),
                        held.inventory().timelines().stream()
                                .flatMap(timeline -> timeline.runs().stream())
                                .map(StoredClockCheck::dated)))
                .max(Comparator.comparing(Dated::time));
        Optional<Dated> unfinished = at.held().stream()
                .flatMap(held -> held.entries().stream())
                .flatMap(entry -> entry instanceof Unpublished each && !each.isRemoved()
                        ? Stream.of(new Dated("unfinished backup " + each.id(), each.lastStored()))
                        : Stream.empty())
                .max(Comparator.comparing(Dated::time));
        return Stream.of(newest, unfinished)
                .flatMap(Optional::stream)
                .flatMap(each -> finding(at, each).stream())
                .toList();
    }

    private List<Finding> finding(CheckedRepository at, Dated dated) {
        Instant now = at.clock().instant();
        return dated.time().isAfter(now.plus(ClockDifference.MOST))
                ? at.findings(subject()
                        .warning(
                                dated.what() + " in '" + at.name() + "' is dated " + Amounts.second(dated.time())
                                        + ", which is in the future",
                                "Synchronize the clocks of the store and of all hosts. Retention depends on these"
                                        + " dates.")
                        .with(
                                Measure.DIFFERENCE,
                                dated.time().getEpochSecond() - now.getEpochSecond(),
                                Threshold.warnAbove(ClockDifference.MOST.toSeconds())))
                : List.of();
    }

    private static Dated dated(WalRun run) {
        return new Dated("segment " + run.last().name(), run.lastStored());
    }
}
