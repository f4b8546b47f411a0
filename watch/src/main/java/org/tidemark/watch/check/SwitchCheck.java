// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.operations.wal.WalSwitch;
import org.tidemark.session.Session;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/** The only check that changes anything: it closes a segment, and waits until every repository has it. */
final class SwitchCheck {
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Session session;
    private final ClusterSettings cluster;
    private final ServerState server;
    private final Clock clock;

    SwitchCheck(Session session, ClusterSettings cluster, ServerState server, Clock clock) {
        this.session = session;
        this.cluster = cluster;
        this.server = server;
        this.clock = clock;
    }

    /** @param endNanos until when it waits, by {@link System#nanoTime} */
    List<Finding> look(List<RepositorySettings> repositories, long endNanos) throws InterruptedException {
        Optional<Closed> closed = TimedPart.start("switch", this::close).await(endNanos);
        if (closed.isEmpty() || closed.get().problem().isPresent()) {
            return List.of(closed.flatMap(Closed::problem)
                    .orElseGet(() -> Subject.SWITCH_WAL.critical(
                            "the server did not close a segment in time", "Find out whether it is overloaded.")));
        }
        WalFile.Segment segment = closed.get().segment().orElseThrow();
        long begun = System.nanoTime();
        Map<String, TimedPart<Finding>> parts = new LinkedHashMap<>();
        for (RepositorySettings each : repositories) {
            parts.put(each.name(), TimedPart.start("arrival", () -> arrival(each, segment, begun, endNanos)));
        }
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<String, TimedPart<Finding>> each : parts.entrySet()) {
            Finding finding = each.getValue().await(endNanos).orElseGet(() -> missing(each.getKey(), segment, begun));
            findings.add(finding.of(each.getKey()));
        }
        for (RepositorySettings each : repositories) {
            TimedPart.start("clock", () -> clock(each, segment))
                    .await(endNanos)
                    .ifPresent(found -> found.ifPresent(findings::add));
        }
        return findings;
    }

    /** Either the segment, or why there is none. */
    private record Closed(Optional<WalFile.Segment> segment, Optional<Finding> problem) {}

    private Closed close() {
        if (server.settings().inRecovery()) {
            return new Closed(
                    Optional.empty(), Optional.of(Subject.SWITCH_WAL.ok("not tested: a standby cannot switch WAL")));
        }
        try {
            return new Closed(Optional.of(WalSwitch.run(session)), Optional.empty());
        } catch (UserFacingException e) {
            return new Closed(Optional.empty(), Optional.of(Subject.SWITCH_WAL.critical(e)));
        }
    }

    /** The store dates what it just stored by its own clock, which cannot be asked otherwise. */
    private Optional<Finding> clock(RepositorySettings settings, WalFile.Segment segment) {
        try {
            Optional<ClusterArchive> archive = session.repository(settings)
                    .incarnation(
                            cluster.name(),
                            server.settings().identity(cluster.name()).system());
            if (archive.isEmpty()) {
                return Optional.empty();
            }
            return archive.get()
                    .repository()
                    .store()
                    .stat(archive.get().wal().key(segment))
                    .map(object -> ClockDifference.finding(
                                    "the clock of '" + settings.name() + "'", object.stored(), clock.instant())
                            .of(settings.name()));
        } catch (IOException | UserFacingException e) {
            return Optional.empty(); // its arrival is a finding of its own
        }
    }

    private Finding arrival(RepositorySettings settings, WalFile.Segment segment, long begun, long endNanos)
            throws InterruptedException {
        try {
            Repository repository = session.repository(settings);
            Optional<ClusterArchive> archive = repository.incarnation(
                    cluster.name(), server.settings().identity(cluster.name()).system());
            while (archive.isPresent() && System.nanoTime() < endNanos) {
                if (archive.get().wal().contains(segment)) {
                    Finding arrived = Subject.SWITCH_WAL.ok(segment.name() + " arrived in '" + settings.name()
                            + "' within " + Amounts.duration(since(begun)));
                    return arrived.with(Measure.ARRIVAL, since(begun).toSeconds());
                }
                Thread.sleep(PAUSE);
            }
        } catch (IOException | UserFacingException e) {
            return Subject.SWITCH_WAL.critical(StorageErrors.explain(e));
        }
        return missing(settings.name(), segment, begun);
    }

    private Finding missing(String repository, WalFile.Segment segment, long begun) {
        return Subject.SWITCH_WAL.critical(
                segment.name() + " did not arrive in '" + repository + "' within " + Amounts.duration(since(begun)),
                server.receiver()
                        .map(_ -> "Read what wal-receive prints on its host.")
                        .orElse("Read the messages of wal-push in PostgreSQL's log."));
    }

    private static Duration since(long begunNanos) {
        return Duration.ofNanos(System.nanoTime() - begunNanos);
    }
}
