// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.tidemark.config.NotifySettings;
import org.tidemark.config.NotifySettings.Heartbeat;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.notify.Notifications;
import org.tidemark.session.Host;
import org.tidemark.watch.check.CheckReport;

/**
 * Tells what checks have changed. Each destination has a thread of its own: one that does not answer delays neither a
 * check nor another destination. Thread-safe.
 */
final class Notifier implements AutoCloseable {
    private static final Duration KEPT = Duration.ofSeconds(30);
    /** Between two requests of a heartbeat: many clusters are looked at, one after the other. */
    private static final Duration BETWEEN_BEATS = Duration.ofMinutes(1);

    private final Host host;
    private final Clock clock;
    private final ServiceRun.Observer observer;
    private final Map<ClusterName, Instant> looked = new ConcurrentHashMap<>();
    private final Map<String, Instant> beaten = new ConcurrentHashMap<>();
    private final Map<String, ThreadPoolExecutor> threads = new ConcurrentHashMap<>();

    Notifier(Host host, Clock clock, ServiceRun.Observer observer) {
        this.host = host;
        this.clock = clock;
        this.observer = observer;
    }

    /**
     * A cluster was checked.
     *
     * @param at when that began
     */
    void checked(Path spool, ClusterName cluster, CheckReport report, Instant at) {
        List<NotifySettings> destinations = host.configuration().destinations();
        if (destinations.isEmpty()) {
            return;
        }
        Notifications notifications = new Notifications(spool, hostName());
        try {
            notifications.queue(report.look(at), destinations);
            looked.put(cluster, at);
        } catch (IOException e) {
            failed("notifications cannot be queued in '" + spool + "': " + FileProblem.of(e));
        }
        for (NotifySettings each : destinations) {
            if (each.isAbout(cluster) && isDue(each, at)) {
                thread(each.name()).execute(() -> deliver(notifications, each));
            }
        }
    }

    private static String hostName() {
        try {
            return HostName.ofThisMachine();
        } catch (IOException e) {
            return "localhost";
        }
    }

    private boolean isDue(NotifySettings each, Instant now) {
        if (!(each.to() instanceof Heartbeat)) {
            return true;
        }
        Instant last = beaten.getOrDefault(each.name(), Instant.MIN);
        if (last.isAfter(now.minus(BETWEEN_BEATS))) {
            return false;
        }
        beaten.put(each.name(), now);
        return true;
    }

    /** One that is busy sends what comes meanwhile as well. */
    private ThreadPoolExecutor thread(String destination) {
        return threads.computeIfAbsent(destination, name -> {
            ThreadPoolExecutor thread = new ThreadPoolExecutor(
                    1,
                    1,
                    KEPT.toSeconds(),
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(1),
                    Thread.ofPlatform().daemon().name("notify-" + name).factory(),
                    new ThreadPoolExecutor.DiscardPolicy());
            thread.allowCoreThreadTimeOut(true);
            return thread;
        });
    }

    private void deliver(Notifications notifications, NotifySettings to) {
        try {
            Optional<String> failed = notifications.deliver(to, oldestLook(to), clock.instant());
            failed.ifPresent(why -> failed("'" + to.name() + "' cannot be notified: " + why));
        } catch (IOException e) {
            failed("'" + to.name() + "' cannot be notified: " + FileProblem.of(e));
        }
    }

    /** Of all clusters that it is about: one that nobody looks at any more ends its heartbeat. */
    private Instant oldestLook(NotifySettings to) {
        return host.clusters().stream()
                .filter(to::isAbout)
                .map(each -> looked.getOrDefault(each, Instant.MIN))
                .min(Instant::compareTo)
                .orElse(Instant.MIN);
    }

    private void failed(String message) {
        observer.unnotified(new UserFacingException(
                ExitCode.NO, message, "It is tried again after the next look. Try it with: tidemark notify --test"));
    }

    /** Forgets the clusters that are served no more. */
    void keep(Collection<ClusterName> served) {
        looked.keySet().retainAll(served);
    }

    /** What is being sent ends with the process; what waits is sent by the next one. */
    @Override
    public void close() {
        threads.values().forEach(ThreadPoolExecutor::shutdownNow);
    }
}
