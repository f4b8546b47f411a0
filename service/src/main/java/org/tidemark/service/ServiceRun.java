// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.tidemark.archiver.receive.WalReceiver;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.LockedFile;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.service.cron.CallingProgram;
import org.tidemark.service.cron.CronRun;
import org.tidemark.session.Host;
import org.tidemark.session.RunningService;

/** The process that does what is due on this host until it is stopped. Not thread-safe, but for {@link #reload}. */
public final class ServiceRun {
    private static final Duration TURN = Duration.ofMillis(500);
    /** For what is under way at a stop: after 30 s the process is ended, and systemd waits for 90 s. */
    private static final Duration TO_FINISH = Duration.ofSeconds(20);

    private static final Duration TO_DISCONNECT = Duration.ofSeconds(5);
    /** A cluster that could not be served is tried again. */
    private static final Duration TRIED_AGAIN = Duration.ofMinutes(1);

    private final Host host;
    private final Clock clock;
    private final CallingProgram program;
    private final Observer observer;
    private final ServiceManager manager;
    private final AtomicBoolean reload = new AtomicBoolean();

    /** Is told what happens, by several threads. */
    public interface Observer {
        /** Something an operator may want to know. */
        void say(String message);

        /** The changed configuration cannot be used; the one before holds on. */
        void misconfigured(UserFacingException problem);

        /** Follows the tasks of a cluster. */
        CronRun.Observer of(ClusterName cluster);

        /** Follows the receiver of a cluster, which was started again if there was one before. */
        WalReceiver.Observer receiver(ClusterName cluster);

        /** Metrics or pages cannot be told; it is tried again, and everything else goes on. */
        void unmeasured(UserFacingException problem);

        /** A destination of notifications does not take them; it is tried again, and everything else goes on. */
        void unnotified(UserFacingException problem);

        /** A cluster cannot be served. */
        void failed(ClusterName cluster, Exception problem);
    }

    /**
     * Nothing is begun yet.
     *
     * @param manager is told the state of this process
     */
    public ServiceRun(Host host, Clock clock, CallingProgram program, Observer observer, ServiceManager manager) {
        this.host = host;
        this.clock = clock;
        this.program = program;
        this.observer = observer;
        this.manager = manager;
    }

    /**
     * Runs until the thread is interrupted.
     *
     * @throws UserFacingException if another one runs on this host
     */
    public void run() throws InterruptedException {
        Observations observations = new Observations(clock);
        Metrics metrics = new Metrics(clock, observations);
        LockedFile lock = lock();
        try (ServiceOutput told = new ServiceOutput(host, new Site(clock, observations, metrics), observer);
                OtherClusters others = new OtherClusters(host, clock, observer, observations);
                TaskScheduler scheduler = new TaskScheduler(host, clock, program, observer, metrics, observations)) {
            told.begin();
            Receivers receivers = new Receivers(host, clock, observer);
            boolean isWhole = scheduler.serve();
            long tried = System.nanoTime();
            receivers.start();
            manager.ready();
            tellClusters();
            try {
                while (true) {
                    Thread.sleep(TURN);
                    manager.alive();
                    told.turn();
                    if (reload.getAndSet(false) || host.hasChanged()) {
                        isWhole = readAgain(scheduler, receivers, told, others);
                        tried = System.nanoTime();
                    }
                    if (!isWhole && System.nanoTime() - tried > TRIED_AGAIN.toNanos()) {
                        isWhole = scheduler.serve();
                        tried = System.nanoTime();
                    }
                }
            } finally {
                manager.stopping();
                scheduler.interrupt();
                receivers.interrupt();
                boolean hasEnded = scheduler.awaitEnd(TO_FINISH);
                if (!receivers.stop(TO_DISCONNECT) || !hasEnded) {
                    observer.say("something that is under way does not end; the next start tries it again");
                }
            }
        } finally {
            unlock(lock);
        }
    }

    private void tellClusters() {
        observer.say(
                host.clusters().isEmpty()
                        ? "serving no cluster of this host"
                        : "serving "
                                + host.clusters().stream()
                                        .map(ClusterName::value)
                                        .collect(Collectors.joining(", ")));
    }

    /** Has the configuration read again soon, whether it has changed or not; for another thread. */
    public void reload() {
        reload.set(true);
    }

    /** Whether all clusters are served now. */
    private boolean readAgain(TaskScheduler scheduler, Receivers receivers, ServiceOutput told, OtherClusters others)
            throws InterruptedException {
        manager.reloading();
        boolean isWhole = true; // as before, if the new one cannot be used
        try {
            host.reload();
            told.begin();
            isWhole = scheduler.serve();
            others.again();
            receivers.stop(TO_FINISH);
            receivers.start();
            observer.say("the configuration was read again");
            tellClusters();
        } catch (UserFacingException e) {
            observer.misconfigured(e);
        }
        manager.ready();
        return isWhole;
    }

    /** Two of them would do the same things, one after the other. */
    private LockedFile lock() {
        Path spool = host.spool();
        try {
            SpoolDirectory.make(spool);
            Path file = RunningService.file(spool);
            Files.createDirectories(
                    file.resolveSibling("."),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            LockedFile lock = LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.USAGE,
                            "another 'tidemark serve' runs on this host"
                                    + RunningService.in(spool)
                                            .map(other -> ", process "
                                                    + other.process().pid())
                                            .orElse("")
                                    + ", with the spool '" + spool + "'",
                            "One serves all clusters of the configuration. Stop it before you start another one."));
            lock.write(RunningService.text(RunningProcess.self()));
            return lock;
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot write in the spool '" + spool + "': " + FileProblem.of(e),
                    "Run it as the owner of the spool, or set host.spool to a directory that it may write.",
                    e);
        }
    }

    /** One that is killed does not come here, and is named on. */
    private static void unlock(LockedFile lock) {
        try (lock) {
            lock.cut(0);
        } catch (IOException e) {
            // It is seen to have been killed.
        }
    }
}
