// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.archiver.receive.ReceiveSpool;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.session.RunningService;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.view.Json.Inline;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.StatusFindings;

/** The status of a cluster in JSON. */
public record StatusView(
        List<CheckView.FindingView> findings,
        List<Incarnation> incarnations,
        List<ClusterStatus.Queue> queues,
        ReceiveSpool.Waiting received,
        Optional<Receiver> receiver,
        List<GivenUp> givenUp,
        Optional<Service> service,
        Optional<StartedJava> startedJava,
        List<CountedView> walCounted,
        Optional<List<UnreadView>> unreadable) {
    private record Incarnation(
            @Inline IncarnationView incarnation,
            int postgresMajor,
            @Inline Holding together,
            List<Unfinished> unfinished,
            Optional<Forecast> restoreForecast,
            List<Alone> repositories) {
        static Incarnation of(ClusterStatus.Incarnation each, Instant now) {
            return new Incarnation(
                    IncarnationView.of(each.identity()),
                    each.identity().postgresMajor(),
                    Holding.of(each.together(), now),
                    Json.list(
                            each.unfinished(),
                            one -> new Unfinished(
                                    one.id(),
                                    one.state(),
                                    BackupRemarks.of(one, now).notes())),
                    each.forecast().map(Forecast::of),
                    Json.list(each.alone(), (name, holding) -> new Alone(name, Holding.of(holding, now))));
        }
    }

    private record Forecast(
            Optional<Long> seconds, long filesSeconds, Optional<Long> replaySeconds, Instant measured, String host) {
        static Forecast of(RestoreForecast forecast) {
            return new Forecast(
                    forecast.total().map(Duration::toSeconds),
                    forecast.files().toSeconds(),
                    forecast.replay().map(Duration::toSeconds),
                    forecast.last().at(),
                    forecast.last().host());
        }
    }

    private record Unfinished(BackupId id, BackupState state, List<String> notes) {}

    private record Alone(String repository, @Inline Holding holding) {}

    private record Holding(
            Optional<LastBackup> lastBackup,
            Optional<LastWal> lastWal,
            List<Lost> lost,
            @Inline RecoverableView recoverable,
            @Inline NewestCommitView newestCommit) {
        static Holding of(ClusterStatus.Holding holding, Instant now) {
            return new Holding(
                    holding.newest()
                            .map(backup -> new LastBackup(
                                    backup.id(),
                                    backup.run().ended(),
                                    age(backup.run().ended(), now))),
                    holding.newestWal()
                            .map(run -> new LastWal(run.last(), run.lastStored(), age(run.lastStored(), now))),
                    holding.timelines().stream()
                            .flatMap(each -> each.lost().stream().map(lost -> Lost.of(each.timeline(), lost)))
                            .toList(),
                    RecoverableView.of(holding.recoverable()),
                    NewestCommitView.of(holding.newestCommit()));
        }

        private static long age(Instant moment, Instant now) {
            return Math.max(0, Duration.between(moment, now).toSeconds());
        }
    }

    private record LastBackup(BackupId id, Instant ended, long ageSeconds) {}

    private record LastWal(Segment segment, Instant stored, long ageSeconds) {}

    private record Lost(
            Timeline timeline,
            Instant from,
            Optional<Instant> until,
            Segment missing,
            long uselessSegments,
            boolean removed) {
        static Lost of(Timeline timeline, LostMoments lost) {
            return new Lost(timeline, lost.from(), lost.until(), lost.missing(), lost.useless(), lost.isRemoved());
        }
    }

    private record Receiver(String name, long process, boolean running, Optional<Arrival> last) {
        record Arrival(Segment segment, Instant arrived) {}

        static Receiver of(LocalReceiver receiver) {
            return new Receiver(
                    receiver.name(),
                    Long.parseLong(receiver.process().pid()),
                    receiver.isRunning(),
                    receiver.last().map(last -> new Arrival(last.segment(), last.at())));
        }
    }

    private record GivenUp(Segment first, Segment last, Instant givenUp, String host, String why) {}

    private record ReplacedProgram(String running, String installed) {}

    private record Service(long process, boolean running, Optional<ReplacedProgram> replaced) {
        static Service of(RunningService service) {
            return new Service(
                    Long.parseLong(service.process().pid()),
                    service.isRunning(),
                    service.replaced().map(each -> new ReplacedProgram(each.running(), each.installed())));
        }
    }

    private record StartedJava(int segments, int of, Optional<String> why) {}

    public static StatusView of(ClusterStatus status, Instant now) {
        return new StatusView(
                Json.list(StatusFindings.of(status, Optional.empty()), CheckView.FindingView::of),
                Json.list(status.incarnations(), each -> Incarnation.of(each, now)),
                status.queues(),
                status.received(),
                status.receiver().map(Receiver::of),
                Json.list(
                        status.givenUp(),
                        each -> new GivenUp(each.first(), each.last(), each.at(), each.host(), each.why())),
                status.service().map(Service::of),
                status.startedJava()
                        .map(java -> new StartedJava(
                                java.share().starts(), java.share().segments(), java.why())),
                CountedView.of(status.counted()),
                UnreadView.of(status.repositories()));
    }
}
