// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.watch.status.ReplicationStatus;
import org.tidemark.watch.status.ReplicationStatus.Follower;
import org.tidemark.watch.status.ReplicationStatus.Role;
import org.tidemark.watch.status.ReplicationStatus.Slot;

/** Who follows a server, as text. Pure. */
final class ReplicationLines {
    private static final String UNSEEN = "?";

    private ReplicationLines() {}

    static List<String> of(ClusterName cluster, ReplicationStatus status, Instant now) {
        List<String> lines = new ArrayList<>();
        lines.add(cluster + " · "
                + switch (status.role()) {
                    case Role.Primary primary ->
                        "primary · timeline " + primary.timeline() + ", at " + primary.flushed();
                    case Role.Standby standby -> standby(standby, now);
                });
        lines.add("");
        if (status.followers().isEmpty()) {
            lines.add("No standby, receiver, subscriber or backup is connected");
        } else {
            lines.addAll(followers(status.followers()));
        }
        if (!status.slots().isEmpty()) {
            lines.add("");
            lines.addAll(slots(status.slots()));
        }
        return lines;
    }

    private static String standby(Role.Standby standby, Instant now) {
        StringBuilder text = new StringBuilder("standby");
        text.append(standby.upstream()
                .map(each -> " · WAL receiver: " + each.state()
                        + each.address().map(address -> ", upstream " + address).orElse("")
                        + each.slot().map(slot -> ", slot '" + slot + "'").orElse(""))
                .orElse(" · no WAL receiver"));
        standby.replayed().ifPresent(replayed -> {
            long missing = standby.received().map(Lsn::value).orElse(replayed.value()) - replayed.value();
            text.append(" · replayed up to ")
                    .append(replayed)
                    .append(
                            missing > 0
                                    ? ", " + Amounts.size(missing) + " of WAL to replay"
                                    : ", nothing left to replay");
        });
        standby.commit()
                .ifPresent(commit -> text.append(", last replayed commit ")
                        .append(Amounts.duration(Duration.between(commit, now)))
                        .append(" ago"));
        if (standby.isPaused()) {
            text.append(" · replay is paused");
        }
        if (standby.delay().isPositive()) {
            text.append(" · replays each commit ")
                    .append(Amounts.duration(standby.delay()))
                    .append(" after it was made");
        }
        return text.toString();
    }

    private static List<String> followers(List<Follower> followers) {
        TextTable table = new TextTable(
                Column.left("FOLLOWER"),
                Column.left("KIND"),
                Column.left("HOST"),
                Column.left("STATE"),
                Column.left("SYNC"),
                Column.right("TO SEND"),
                Column.right("TO FLUSH"),
                Column.right("TO REPLAY"),
                Column.right("REPLAY LAG"),
                Column.left("SLOT"));
        for (Follower each : followers) {
            table.row(
                    each.name(),
                    each.kind().orElse(UNSEEN),
                    each.host().orElse(each.state().isPresent() ? "local" : UNSEEN),
                    each.state().orElse(UNSEEN),
                    each.sync().orElse(UNSEEN),
                    size(each.unsentBytes()),
                    size(each.unflushedBytes()),
                    size(each.unreplayedBytes()),
                    each.replayLag().map(ReplicationLines::seconds).orElse(""),
                    each.slot().orElse(""));
        }
        return table.lines();
    }

    private static List<String> slots(List<Slot> slots) {
        TextTable table = new TextTable(
                Column.left("SLOT"),
                Column.left("TYPE"),
                Column.left("ACTIVE"),
                Column.left("STATUS"),
                Column.right("HOLDS"),
                Column.right("SAFE WAL"));
        for (Slot each : slots) {
            table.row(
                    each.name(),
                    each.type(),
                    each.isActive() ? "yes" : "no",
                    each.status().orElse("none yet"),
                    size(each.heldBytes()),
                    safe(each));
        }
        return table.lines();
    }

    /** How much may still be written before the slot can be lost. */
    private static String safe(Slot slot) {
        return slot.safeBytes().isPresent()
                ? size(slot.safeBytes())
                : switch (slot.status().orElse("")) {
                    case "" -> "";
                    case "lost" -> "lost";
                    default -> "no limit";
                };
    }

    private static String size(OptionalLong bytes) {
        return bytes.isPresent() ? Amounts.size(bytes.getAsLong()) : "";
    }

    private static String seconds(Duration lag) {
        return lag.compareTo(Duration.ofSeconds(1)) < 0 ? lag.toMillis() + " ms" : Amounts.duration(lag);
    }

    /** Whether the role is not allowed to see the state of a follower. */
    static boolean isHidden(ReplicationStatus status) {
        return status.followers().stream().map(Follower::state).anyMatch(Optional::isEmpty);
    }
}
