// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Host;
import org.tidemark.session.Session;
import org.tidemark.watch.check.TimedPart;
import org.tidemark.watch.fleet.FleetReading;
import org.tidemark.watch.fleet.FleetReading.Registered;

/**
 * Reads the clusters of other hosts that are found in the repositories of the fleet, one round every 5 minutes, on a
 * thread of its own: nothing of this host waits for it. Neither a server nor a private key is needed. Thread-safe.
 */
final class OtherClusters implements AutoCloseable {
    /** For each cluster, and for asking the repositories which clusters they have. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Host host;
    private final ServiceRun.Observer observer;
    private final Observations observations;
    private final FleetReading reading;
    private final Thread thread;
    private final Semaphore wake = new Semaphore(0);
    private Map<ClusterName, String> found = Map.of();
    /** Asks which clusters there are; it may hang for as long as a disk does. */
    private @Nullable TimedPart<Registered> asking;

    /** Begins at once. */
    OtherClusters(Host host, Clock clock, ServiceRun.Observer observer, Observations observations) {
        this.host = host;
        this.observer = observer;
        this.observations = observations;
        this.reading = new FleetReading(clock, LIMIT);
        this.thread = Thread.ofPlatform().daemon().name("fleet").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                long begun = System.nanoTime();
                try {
                    round();
                } catch (UserFacingException e) {
                    observer.unmeasured(e);
                } catch (RuntimeException e) {
                    failed(Finding.warning("fleet", "an error in the program itself: " + e, ""));
                }
                // Rounds begin that often, however long they last: what they have read is not to become old.
                long rest = Observations.INTERVAL.toNanos() - (System.nanoTime() - begun);
                if (wake.tryAcquire(rest, TimeUnit.NANOSECONDS)) {
                    wake.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // The end of serve.
        }
    }

    private void round() throws InterruptedException {
        Optional<Session> repositories = host.configuration().service().observes() ? host.fleet() : Optional.empty();
        if (repositories.isEmpty()) {
            keep(Map.of());
            return;
        }
        try (Session session = repositories.get()) {
            Optional<Registered> registered = registered();
            if (registered.isPresent()) {
                read(session, registered.get());
            }
        }
    }

    /** Empty while a repository hangs. */
    private Optional<Registered> registered() throws InterruptedException {
        if (asking != null && !asking.hasEnded()) {
            return Optional.empty();
        }
        asking = TimedPart.start("fleet", () -> {
            try (Session session = host.fleet().orElseThrow()) {
                return FleetReading.registered(session);
            }
        });
        Optional<Registered> registered = asking.await(System.nanoTime() + LIMIT.toNanos());
        if (registered.isEmpty()) {
            failed(Finding.warning(
                    "fleet",
                    "the repositories of the fleet did not say within " + Amounts.duration(LIMIT)
                            + " which clusters they have",
                    "See what hangs with: tidemark fleet"));
        }
        return registered;
    }

    private void read(Session session, Registered registered) throws InterruptedException {
        registered.repositories().requireOne();
        List<Finding> unread = registered.repositories().warnings();
        unread.forEach(this::failed);
        registered.hidden(session.configuration().clusters()).forEach(this::failed);
        List<ClusterName> others = registered.others(session.configuration().clusters());
        // Those of a repository that is gone are not gone.
        Map<ClusterName, String> all = new LinkedHashMap<>(unread.isEmpty() ? Map.of() : found);
        others.forEach(each ->
                all.put(each, registered.names().getOrDefault(each, List.of()).getFirst()));
        keep(all);
        reading.readings(
                others,
                name -> session.registered(name, registered.names().getOrDefault(name, List.of())),
                observations::read,
                (name, why) ->
                        failed(Finding.warning("fleet", "cluster '" + name + "': " + why.message(), why.hint())));
    }

    private void keep(Map<ClusterName, String> all) {
        found = all;
        observations.keepOthers(all);
    }

    private void failed(Finding finding) {
        observer.unmeasured(new UserFacingException(ExitCode.NO, finding.message(), finding.hint()));
    }

    /** Begins the next round now, or when the present one ends. */
    void again() {
        wake.release();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
