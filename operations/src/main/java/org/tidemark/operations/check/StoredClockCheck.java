// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
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
        Instant now = at.clock().instant();
        if (newest.isEmpty() || !newest.get().time().isAfter(now.plus(ClockDifference.MOST))) {
            return List.of();
        }
        return at.findings(subject()
                .warning(
                        newest.get().what() + " in '" + at.name() + "' is dated "
                                + Amounts.second(newest.get().time()) + ", which is in the future",
                        "Synchronize the clocks of the store and of all hosts. Retention counts by these dates.")
                .with(
                        "differenceSeconds",
                        newest.get().time().getEpochSecond() - now.getEpochSecond(),
                        Threshold.warnAbove(ClockDifference.MOST.toSeconds())));
    }

    private static Dated dated(WalRun run) {
        return new Dated("segment " + run.last().name(), run.lastStored());
    }
}
