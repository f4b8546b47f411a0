// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.fleet;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.CheckRequest;
import org.tidemark.watch.check.Checkup;
import org.tidemark.watch.check.TimedPart;
import org.tidemark.watch.status.ClusterStatus;

/**
 * Reads many clusters, each with a time limit of its own, so that one which hangs hides no other. What could not be
 * read is a line too. For one thread.
 */
public final class FleetReading {
    /** Clusters that are read at the same time: each needs threads, connections and memory for its catalog. */
    private static final int AT_ONCE = 8;

    /** A check ends within its limit; what is left is for its threads to be told. */
    private static final Duration TO_END = Duration.ofSeconds(1);

    private final Clock clock;
    private final Duration limit;
    /** Readings that exceeded the limit, and have not ended. */
    private final Map<ClusterName, TimedPart<?>> hanging = new HashMap<>();

    /** @param limit of each cluster */
    public FleetReading(Clock clock, Duration limit) {
        this.clock = clock;
        this.limit = limit;
    }

    /**
     * Reads and checks the clusters of a configuration.
     *
     * @param session opens a session of a cluster, which is closed here
     * @return the worst first
     */
    public List<FleetLine> checked(List<ClusterName> clusters, Function<ClusterName, Session> session)
            throws InterruptedException {
        return lines(clusters, name -> begin(name, session, false));
    }

    /**
     * The same with all that is known of each, and with what a recovery to each moment would use.
     *
     * @return in the given order
     */
    public Map<ClusterName, ObservedCluster> observed(
            List<ClusterName> clusters, Function<ClusterName, Session> session) throws InterruptedException {
        Map<ClusterName, ObservedCluster> observed = new LinkedHashMap<>();
        each(
                clusters,
                name -> begin(name, session, true),
                (parts, end) -> observed.put(parts.cluster(), whole(parts, end)));
        return observed;
    }

    private Parts begin(ClusterName cluster, Function<ClusterName, Session> session, boolean isPlanned) {
        return new Parts(cluster, read(cluster, session, isPlanned), Optional.of(check(cluster, session)));
    }

    /**
     * Reads the clusters of repositories. No server is asked, and nothing is decrypted.
     *
     * @param session opens a session of a cluster, which is closed here
     * @return the worst first
     */
    public List<FleetLine> stored(List<ClusterName> clusters, Function<ClusterName, Session> session)
            throws InterruptedException {
        return lines(clusters, name -> new Parts(name, read(name, session, false), Optional.empty()));
    }

    /**
     * The same as values. A cluster is left out while its last reading by this object still hangs: each would leave one
     * more thread.
     *
     * @param read is given each reading when it ends, by its own thread
     * @param failed is told why a cluster could not be read
     */
    public void readings(
            List<ClusterName> clusters,
            Function<ClusterName, Session> session,
            BiConsumer<ClusterName, Reading> read,
            BiConsumer<ClusterName, Finding> failed)
            throws InterruptedException {
        hanging.values().removeIf(TimedPart::hasEnded);
        List<ClusterName> free =
                clusters.stream().filter(each -> !hanging.containsKey(each)).toList();
        Function<ClusterName, Parts> begin = name ->
                new Parts(name, read(name, session, true, reading -> read.accept(name, reading)), Optional.empty());
        each(free, begin, (parts, end) -> {
            Optional<Outcome<Reading>> reading = parts.reading().await(end);
            if (reading.flatMap(Outcome::value).isEmpty()) {
                failed.accept(parts.cluster(), why(reading));
            }
            if (!parts.reading().hasEnded()) {
                hanging.put(parts.cluster(), parts.reading());
            }
        });
    }

    /**
     * The clusters that are registered in the repositories of a session.
     *
     * @param names by cluster, the repositories that know it, in order of preference
     * @param repositories which of them could be read
     */
    public record Registered(Map<ClusterName, List<String>> names, RepositoryReadings repositories) {
        /** Those that are not of this host. Another cluster with the name of an own one is not among them either. */
        public List<ClusterName> others(Map<ClusterName, ClusterSettings> own) {
            return names.keySet().stream()
                    .filter(each -> !own.containsKey(each))
                    .toList();
        }

        /** Tells of each cluster that is not shown, since this host has one of the same name elsewhere. */
        public List<Finding> hidden(Map<ClusterName, ClusterSettings> own) {
            return names.entrySet().stream()
                    .filter(each -> Optional.ofNullable(own.get(each.getKey()))
                            .filter(known -> Collections.disjoint(known.repositories(), each.getValue()))
                            .isPresent())
                    .map(each -> Finding.warning(
                            "fleet",
                            "cluster '" + each.getKey() + "' of repository '"
                                    + each.getValue().getFirst()
                                    + "' is not shown: this host has a cluster of the same name",
                            "Show it with: tidemark fleet --repository "
                                    + each.getValue().getFirst()))
                    .toList();
        }
    }

    /** Asks each repository of the session for its clusters. */
    public static Registered registered(Session session) {
        Map<ClusterName, List<String>> names = new LinkedHashMap<>();
        RepositoryReadings readings = RepositoryReadings.of(session, (RepositorySettings settings) -> {
            for (ClusterName each : session.repository(settings).clusters()) {
                names.computeIfAbsent(each, any -> new ArrayList<>()).add(settings.name());
            }
        });
        return new Registered(names, readings);
    }

    /** What is under way for one cluster: its repositories, and its check if there is one. */
    private record Parts(
            ClusterName cluster,
            TimedPart<Outcome<Reading>> reading,
            Optional<TimedPart<Outcome<CheckReport>>> check) {}

    /** A value, or why there is none. */
    private record Outcome<T>(Optional<T> value, Optional<UserFacingException> failure) {}

    private interface Work<T> {
        T of(Session session) throws IOException, InterruptedException;
    }

    private List<FleetLine> lines(List<ClusterName> clusters, Function<ClusterName, Parts> begin)
            throws InterruptedException {
        List<FleetLine> lines = new ArrayList<>();
        each(clusters, begin, (parts, end) -> lines.add(line(parts, end)));
        lines.sort(FleetLine.WORST_FIRST);
        return lines;
    }

    private interface End {
        void of(Parts parts, long end) throws InterruptedException;
    }

    private void each(List<ClusterName> clusters, Function<ClusterName, Parts> begin, End ended)
            throws InterruptedException {
        for (int i = 0; i < clusters.size(); i += AT_ONCE) {
            long end = System.nanoTime() + limit.plus(TO_END).toNanos();
            List<Parts> begun = clusters.subList(i, Math.min(clusters.size(), i + AT_ONCE)).stream()
                    .map(begin)
                    .toList();
            for (Parts each : begun) {
                ended.of(each, end);
            }
        }
    }

    private FleetLine line(Parts parts, long end) throws InterruptedException {
        if (parts.check().isPresent()) {
            return FleetLine.of(parts.cluster(), whole(parts, end));
        }
        Optional<Outcome<Reading>> reading = parts.reading().await(end);
        return reading.flatMap(Outcome::value)
                .map(each -> FleetLine.of(parts.cluster(), ObservedCluster.NOTHING.with(each)))
                .orElseGet(() -> FleetLine.unread(parts.cluster(), why(reading)));
    }

    /** With a check: one that failed is no sign of health, so what its repositories hold does not stand in for it. */
    private ObservedCluster whole(Parts parts, long end) throws InterruptedException {
        Optional<Outcome<Reading>> reading = parts.reading().await(end);
        Optional<Reading> read = reading.flatMap(Outcome::value);
        Optional<Outcome<CheckReport>> check = parts.check().orElseThrow().await(end);
        CheckReport report = check.flatMap(Outcome::value)
                .orElseGet(() -> new CheckReport(parts.cluster(), List.of(), List.of(why(check)), List.of()));
        return new ObservedCluster(
                read,
                Optional.of(new Checked(clock.instant(), report)),
                read.isPresent() || check.flatMap(Outcome::value).isEmpty() ? List.of() : List.of(why(reading)),
                Optional.empty());
    }

    /** Why there is no value. */
    private Finding why(Optional<? extends Outcome<?>> outcome) {
        return outcome.flatMap(Outcome::failure)
                .map(why -> Finding.critical("repository", why))
                .orElseGet(() -> Finding.critical(
                        "repository",
                        "reading this cluster did not end within " + Amounts.duration(limit),
                        "See what hangs with: tidemark check"));
    }

    private TimedPart<Outcome<Reading>> read(
            ClusterName cluster, Function<ClusterName, Session> session, boolean isPlanned) {
        return read(cluster, session, isPlanned, _ -> {});
    }

    private TimedPart<Outcome<Reading>> read(
            ClusterName cluster, Function<ClusterName, Session> session, boolean isPlanned, Consumer<Reading> ended) {
        return start(cluster, session, open -> {
            Instant now = clock.instant();
            ClusterStatus status = ClusterStatus.of(open, ClusterReading.of(open, WalReading.NEWER, now), isPlanned);
            status.repositories().requireOne();
            Reading reading = Reading.of(open, status, now);
            ended.accept(reading);
            return reading;
        });
    }

    private TimedPart<Outcome<CheckReport>> check(ClusterName cluster, Function<ClusterName, Session> session) {
        return start(cluster, session, open -> Checkup.of(open, clock, new CheckRequest(limit, false, false)));
    }

    private static <T> TimedPart<Outcome<T>> start(
            ClusterName cluster, Function<ClusterName, Session> session, Work<T> work) {
        return TimedPart.start(cluster.value(), () -> {
            try (Session open = session.apply(cluster)) {
                return new Outcome<>(Optional.of(work.of(open)), Optional.empty());
            } catch (IOException | UserFacingException e) {
                return new Outcome<>(Optional.empty(), Optional.of(StorageErrors.explainUnlessInterrupted(e)));
            }
        });
    }
}
