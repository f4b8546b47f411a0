// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.receive.GrowingPause;
import org.tidemark.archiver.receive.ReceiveOptions;
import org.tidemark.archiver.receive.ReceiveOptions.FlushAfter;
import org.tidemark.archiver.receive.ReceiveOptions.Missing;
import org.tidemark.archiver.receive.ReceiveOptions.Reconnect;
import org.tidemark.archiver.receive.ReceiveOptions.Synchronous;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.wal.WalReception;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.session.Host;
import org.tidemark.session.Session;

/**
 * Receives WAL of each cluster that names a slot for it, in a thread of its own, as {@code wal-receive} does. What ends
 * a receiver is told, and it is started again after a pause. For one thread.
 */
final class Receivers {
    /** As wal-receive has them unless it is told otherwise. */
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final Host host;
    private final Clock clock;
    private final ServiceRun.Observer observer;
    private final List<Thread> running = new ArrayList<>();

    Receivers(Host host, Clock clock, ServiceRun.Observer observer) {
        this.host = host;
        this.clock = clock;
        this.observer = observer;
    }

    /** Starts one for each cluster that is to have one, by the present configuration. */
    void start() {
        for (ClusterName cluster : host.clusters()) {
            Optional<String> slot = Optional.ofNullable(
                            host.configuration().clusters().get(cluster))
                    .flatMap(ClusterSettings::receiveSlot);
            if (slot.isPresent()) {
                Thread thread = new Thread(() -> receive(cluster, slot.get()), "receive-" + cluster);
                thread.setDaemon(true);
                thread.start();
                running.add(thread);
            }
        }
    }

    private void receive(ClusterName cluster, String slot) {
        GrowingPause pause = new GrowingPause(LONGEST_PAUSE);
        while (!Thread.currentThread().isInterrupted()) {
            long begun = System.nanoTime();
            try (Session session = host.session(cluster)) {
                new WalReception(session, Optional.empty(), clock)
                        .run(options(slot, session), observer.receiver(cluster));
            } catch (IOException | RuntimeException e) {
                if (e instanceof UserFacingException problem && problem.exitCode() == ExitCode.INTERRUPTED) {
                    return;
                }
                observer.failed(cluster, e);
            } catch (Error e) {
                observer.failed(cluster, new IllegalStateException(e.toString(), e));
            }
            if (System.nanoTime() - begun > LONGEST_PAUSE.toNanos()) {
                pause.reset();
            }
            try {
                Thread.sleep(pause.take());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static ReceiveOptions options(String slot, Session session) {
        return new ReceiveOptions(
                Optional.of(slot),
                SlotLife.PERMANENT,
                FlushAfter.SPOOL,
                Synchronous.NO,
                INTERVAL,
                Optional.empty(),
                Reconnect.YES,
                Missing.STOP,
                Optional.of(INTERVAL),
                session.spoolLimit());
    }

    void interrupt() {
        running.forEach(Thread::interrupt);
    }

    /**
     * Ends all of them: what they have received stays in the spool.
     *
     * @return whether they have ended within this time
     */
    boolean stop(Duration patience) throws InterruptedException {
        interrupt();
        long end = System.nanoTime() + patience.toNanos();
        boolean ended = true;
        for (Thread each : running) {
            ended &= each.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        }
        running.clear();
        return ended;
    }
}
