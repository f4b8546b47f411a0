// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.service;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.impl.matchers.GroupMatcher;
import org.quartz.simpl.RAMJobStore;
import org.quartz.simpl.SimpleThreadPool;
import org.tidemark.core.ClusterName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Host;
import org.tidemark.operations.Session;
import org.tidemark.operations.cron.CronRun;
import org.tidemark.operations.cron.CronRun.Mode;
import org.tidemark.operations.cron.CronRun.Part;
import org.tidemark.operations.status.ClusterStatus;
import org.tidemark.operations.wal.WalReading;

/**
 * Does the tasks of {@code cron} for all clusters in one process. Each part of each cluster is a job of Quartz, which
 * wakes it when it is to look at itself; what is due, and whose turn it is, {@link CronRun} decides from the
 * repository. So a schedule means the same here and there, across changes of daylight saving time, and beside other
 * hosts.
 *
 * <p>A repository that hangs takes threads from nobody else: what concerns it alone has a budget, and so have backups
 * and deliveries. Thread-safe.
 */
final class TaskScheduler implements AutoCloseable {
    private static final int THREADS = 64;
    private static final int DELIVERIES = 16;
    /** Each takes up to three eighths of the heap that one command has; the launcher gives this process twice that. */
    private static final int BACKUPS = 2;

    private static final int OF_A_REPOSITORY = 4;
    private static final int READINGS = 4;
    /** For a budget that is used up. */
    private static final Duration WAIT = Duration.ofSeconds(10);
    /** After an error of the program itself, or of the spool. */
    private static final Duration AFTER_ERROR = Duration.ofMinutes(1);

    private final Host host;
    private final Clock clock;
    private final String tool;
    private final ServiceRun.Observer observer;
    private final Metrics metrics;
    private final Scheduler quartz;
    private final Map<JobKey, Work> work = new ConcurrentHashMap<>();
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final Semaphore deliveries = new Semaphore(DELIVERIES);
    private final Semaphore backups = new Semaphore(BACKUPS);
    private final Semaphore readings = new Semaphore(READINGS);
    /** Counts the configurations: a job that has begun with an earlier one looks at itself again. */
    private final AtomicLong configurations = new AtomicLong();

    private volatile boolean stopping;
    private final Map<String, Semaphore> repositories = new ConcurrentHashMap<>();

    /** @param part empty: the repositories are read for metrics */
    private record Work(ClusterName cluster, Optional<Part> part) {}

    /**
     * Nothing is done before {@link #serve}.
     *
     * @param tool the program's version, stored in backups
     * @param metrics are told what becomes of the tasks, and of the clusters where metrics are configured
     */
    TaskScheduler(Host host, Clock clock, String tool, ServiceRun.Observer observer, Metrics metrics) {
        this.host = host;
        this.clock = clock;
        this.tool = tool;
        this.observer = observer;
        this.metrics = metrics;
        Properties properties = new Properties();
        properties.setProperty(StdSchedulerFactory.PROP_SCHED_INSTANCE_NAME, "tidemark");
        properties.setProperty(StdSchedulerFactory.PROP_SCHED_MAKE_SCHEDULER_THREAD_DAEMON, "true");
        properties.setProperty(StdSchedulerFactory.PROP_JOB_STORE_CLASS, RAMJobStore.class.getName());
        properties.setProperty(StdSchedulerFactory.PROP_THREAD_POOL_CLASS, SimpleThreadPool.class.getName());
        properties.setProperty("org.quartz.threadPool.threadCount", Integer.toString(THREADS));
        properties.setProperty("org.quartz.threadPool.makeThreadsDaemons", "true");
        try {
            this.quartz = new StdSchedulerFactory(properties).getScheduler();
            quartz.setJobFactory((bundle, scheduler) -> new Turn(this));
            quartz.start();
        } catch (SchedulerException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Serves the clusters that are configured now: all of them look at themselves soon. */
    void serve() {
        configurations.incrementAndGet();
        Map<JobKey, Work> wanted = new HashMap<>();
        for (ClusterName cluster : host.clusters()) {
            try (Session session = host.session(cluster)) {
                for (Part part : run(session, observer.of(cluster)).parts()) {
                    String name = part.name()
                            + part.repository().map(each -> " " + each.name()).orElse("");
                    wanted.put(new JobKey(name, cluster.value()), new Work(cluster, Optional.of(part)));
                }
                if (host.configuration().service().measures()) {
                    wanted.put(reading(cluster), new Work(cluster, Optional.empty()));
                }
            } catch (IOException | RuntimeException e) {
                observer.failed(cluster, e);
            }
        }
        metrics.keep(host.clusters());
        try {
            for (JobKey known : quartz.getJobKeys(GroupMatcher.anyGroup())) {
                if (!wanted.containsKey(known)) {
                    work.remove(known);
                    quartz.deleteJob(known);
                }
            }
            int number = 0;
            for (Map.Entry<JobKey, Work> each : wanted.entrySet()) {
                work.put(each.getKey(), each.getValue());
                if (!quartz.checkExists(each.getKey())) {
                    quartz.addJob(
                            JobBuilder.newJob(Turn.class)
                                    .withIdentity(each.getKey())
                                    .storeDurably()
                                    .build(),
                            false);
                }
                // Not all of a thousand clusters at the same moment.
                wake(each.getKey(), clock.instant().plusMillis(20L * number++));
            }
        } catch (SchedulerException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JobKey reading(ClusterName cluster) {
        return new JobKey("metrics", cluster.value());
    }

    private CronRun run(Session session, CronRun.Observer told) throws IOException {
        return new CronRun(session, clock, tool, Mode.RUN, told);
    }

    /** The job looks at itself then, and not before. */
    private synchronized void wake(JobKey job, Instant at) throws SchedulerException {
        for (Trigger earlier : quartz.getTriggersOfJob(job)) {
            quartz.unscheduleJob(earlier.getKey());
        }
        if (quartz.checkExists(job)) {
            quartz.scheduleJob(TriggerBuilder.newTrigger()
                    .forJob(job)
                    .startAt(Date.from(at))
                    .build());
        }
    }

    /** One look of one job at itself. */
    @DisallowConcurrentExecution
    private static final class Turn implements Job {
        private final TaskScheduler scheduler;

        Turn(TaskScheduler scheduler) {
            this.scheduler = scheduler;
        }

        @Override
        public void execute(JobExecutionContext context) {
            scheduler.look(context.getJobDetail().getKey());
        }
    }

    private void look(JobKey job) {
        Work due = work.get(job);
        if (due == null || stopping) {
            return;
        }
        long configuration = configurations.get();
        Instant next = clock.instant().plus(AFTER_ERROR);
        running.add(Thread.currentThread());
        try {
            next = look(due);
        } catch (Error e) {
            observer.failed(due.cluster(), new IllegalStateException(e.toString(), e));
        } finally {
            running.remove(Thread.currentThread());
            synchronized (this) {
                notifyAll();
            }
            try {
                if (!stopping) {
                    wake(job, configurations.get() == configuration ? next : clock.instant());
                }
            } catch (SchedulerException e) {
                observer.failed(due.cluster(), new IllegalStateException(e));
            }
        }
    }

    private Instant look(Work due) {
        Semaphore budget = budget(due.part());
        if (!budget.tryAcquire()) {
            return clock.instant().plus(WAIT);
        }
        try {
            return lookWithin(due);
        } finally {
            budget.release();
        }
    }

    private Semaphore budget(Optional<Part> part) {
        if (part.isEmpty()) {
            return readings;
        }
        if (part.get().isBackup()) {
            return backups;
        }
        return part.get()
                .repository()
                .map(each ->
                        repositories.computeIfAbsent(each.url().toString(), address -> new Semaphore(OF_A_REPOSITORY)))
                .orElse(deliveries);
    }

    private Instant lookWithin(Work due) {
        Instant now = clock.instant();
        try (Session session = host.session(due.cluster())) {
            if (due.part().isEmpty()) {
                metrics.read(due.cluster(), MeasuredCluster.of(ClusterStatus.of(session, WalReading.NEWER, now), now));
                return now.plus(Metrics.INTERVAL);
            }
            MeasuredTasks told = new MeasuredTasks(observer.of(due.cluster()), due.cluster(), metrics);
            CronRun.Result result = run(session, told).run(List.of(due.part().get()), now);
            if (told.hasEnded()) {
                wake(reading(due.cluster()), clock.instant());
            }
            return result.next(clock.instant());
        } catch (IOException | SchedulerException | RuntimeException e) {
            if (!Thread.currentThread().isInterrupted()) {
                observer.failed(due.cluster(), e);
            }
            return clock.instant().plus(AFTER_ERROR);
        }
    }

    /**
     * Begins nothing more, and interrupts what is under way: the next process tries it again.
     *
     * @return whether all of it has ended
     */
    boolean stop(Duration patience) throws InterruptedException {
        stopping = true;
        try {
            quartz.standby();
        } catch (SchedulerException e) {
            throw new IllegalStateException(e);
        }
        new HashSet<>(running).forEach(Thread::interrupt);
        long end = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            for (long left = patience.toMillis(); !running.isEmpty() && left > 0; ) {
                wait(left);
                left = (end - System.nanoTime()) / 1_000_000;
            }
        }
        return running.isEmpty();
    }

    /** What is still under way ends with the process. */
    @Override
    public void close() {
        try {
            quartz.shutdown(false);
        } catch (SchedulerException | UserFacingException e) {
            // It ends with the process.
        }
    }
}
