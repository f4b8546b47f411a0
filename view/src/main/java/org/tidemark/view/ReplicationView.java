// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.watch.status.ReplicationStatus;
import org.tidemark.watch.status.ReplicationStatus.Follower;
import org.tidemark.watch.status.ReplicationStatus.Role;
import org.tidemark.watch.status.ReplicationStatus.Slot;
import org.tidemark.watch.status.ReplicationStatus.Upstream;

/**
 * The JSON of {@code replication-status}.
 *
 * @param role primary or standby
 * @param timeline of a primary
 * @param flushed of a primary: the end of its WAL
 */
public record ReplicationView(
        ClusterName cluster,
        String role,
        Optional<Timeline> timeline,
        Optional<Lsn> flushed,
        Optional<StandbyView> standby,
        List<FollowerView> followers,
        List<SlotView> slots) {

    private record StandbyView(
            Optional<UpstreamView> upstream,
            Optional<Lsn> received,
            Optional<Lsn> replayed,
            Optional<Instant> commit,
            boolean isPaused,
            long delayMillis) {
        static StandbyView of(Role.Standby standby) {
            return new StandbyView(
                    standby.upstream().map(UpstreamView::of),
                    standby.received(),
                    standby.replayed(),
                    standby.commit(),
                    standby.isPaused(),
                    standby.delay().toMillis());
        }
    }

    private record UpstreamView(Optional<String> address, String state, Optional<String> slot) {
        static UpstreamView of(Upstream upstream) {
            return new UpstreamView(upstream.address(), upstream.state(), upstream.slot());
        }
    }

    private record FollowerView(
            String name,
            Optional<String> kind,
            Optional<String> host,
            Optional<String> state,
            Optional<String> sync,
            Optional<String> slot,
            OptionalLong unsentBytes,
            OptionalLong unflushedBytes,
            OptionalLong unreplayedBytes,
            OptionalLong replayLagMillis) {
        static FollowerView of(Follower each) {
            return new FollowerView(
                    each.name(),
                    each.kind(),
                    each.host(),
                    each.state(),
                    each.sync(),
                    each.slot(),
                    each.unsentBytes(),
                    each.unflushedBytes(),
                    each.unreplayedBytes(),
                    each.replayLag().stream().mapToLong(Duration::toMillis).findFirst());
        }
    }

    private record SlotView(
            String name,
            String type,
            boolean isActive,
            Optional<String> status,
            OptionalLong heldBytes,
            OptionalLong safeBytes) {
        static SlotView of(Slot each) {
            return new SlotView(
                    each.name(), each.type(), each.isActive(), each.status(), each.heldBytes(), each.safeBytes());
        }
    }

    public static ReplicationView of(ClusterName cluster, ReplicationStatus status) {
        Role.@Nullable Primary primary = status.role() instanceof Role.Primary of ? of : null;
        return new ReplicationView(
                cluster,
                primary == null ? "standby" : "primary",
                Optional.ofNullable(primary).map(Role.Primary::timeline),
                Optional.ofNullable(primary).map(Role.Primary::flushed),
                status.role() instanceof Role.Standby standby ? Optional.of(StandbyView.of(standby)) : Optional.empty(),
                status.followers().stream().map(FollowerView::of).toList(),
                status.slots().stream().map(SlotView::of).toList());
    }
}
