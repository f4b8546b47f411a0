// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Date;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
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
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.Configuration;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.cron.CallingProgram;
import org.tidemark.service.cron.CronRun;
import org.tidemark.service.cron.CronRun.Mode;
import org.tidemark.service.cron.CronRun.Part;
import org.tidemark.session.Host;
import org.tidemark.session.Session;

/**
 * Does the tasks of {@code cron} for all clusters in one process. Each part of each cluster is a job of Quartz, which
 * wakes it when it is to look at itself; what is due, and whose turn it is, {@link CronRun} decides from the
 * repository. So a schedule means the same here and there, across changes of daylight saving time, and beside other
 * hosts.
 *
 * <p>Each kind of work has a number of threads, and a smaller number for each store: one that hangs keeps none from
 * what other stores have. Thread-safe.
 */
final class TaskScheduler implements AutoCloseable {
    /** More than all kinds of work may take together. */
    private static final int THREADS = 64;

    /** How much of each kind of work goes on at the same time, so that what hangs keeps no thread from the rest. */
    private enum Kind {
        DELIVERY(16, 4),
        /**
         * Each takes up to three eighths of the heap that a command has; the launcher gives this process twice that.
         */
        BACKUP(2, 1),
        /** Each restores a whole cluster, and runs a server. */
        DRILL(1, 1),
        /** What concerns one repository alone, or takes long and is not urgent. */
        OF_A_REPOSITORY(24, 4),
        READING(8, 2),
        /** Each ends in time, whatever hangs; and it tells that something hangs. */
        CHECK(12, 12);

        private final int inAll;
        private final int inOneStore;

        Kind(int inAll, int inOneStore) {
            this.inAll = inAll;
            this.inOneStore = inOneStore;
        }

        static Kind of(Duty duty) {
            return switch (duty) {
                case Look.READING -> READING;
                case Look.CHECK -> CHECK;
                case Doing(Part part) when part.isLook() -> READING;
                case Doing(Part part) when part.isBackup() -> BACKUP;
                case Doing(Part part) when part.isDrill() -> DRILL;
                case Doing(Part part) when part.repository().isPresent() || part.isCopy() -> OF_A_REPOSITORY;
                case Doing _ -> DELIVERY;
            };
        }
    }

    /** For a budget that is used up. */
    private static final Duration WAIT = Duration.ofSeconds(3);
    /** After an error of the program itself, or of the spool. */
    private static final Duration AFTER_ERROR = Duration.ofMinutes(1);

    private final Host host;
    private final Clock clock;
    private final CallingProgram program;
    private final ServiceRun.Observer observer;
    private final Metrics metrics;
    private final ClusterLooks looks;
    private final Notifier notifier;
    private final Scheduler quartz;
    private final Map<JobKey, Work> work = new ConcurrentHashMap<>();
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final Map<Kind, Semaphore> inAll = new ConcurrentHashMap<>();
    private final Map<String, Semaphore> inStores = new ConcurrentHashMap<>();
    /** Jobs that are to look at themselves once more, since something has changed since they began. */
    private final Set<JobKey> asked = ConcurrentHashMap.newKeySet();

    private volatile boolean stopping;

    private record Work(ClusterName cluster, Duty duty) {}

    private sealed interface Duty {}

    /** A part of what cron does. */
    private record Doing(Part part) implements Duty {}

    /** What metrics and pages ask for. */
    private enum Look implements Duty {
        READING,
        CHECK
    }

    /**
     * Nothing is done before {@link #serve}.
     *
     * @param metrics are told what becomes of the tasks
     * @param observations are told what becomes of the clusters, if anybody wants to know it
     */
    TaskScheduler(
            Host host,
            Clock clock,
            CallingProgram program,
            ServiceRun.Observer observer,
            Metrics metrics,
            Observations observations) {
        this.host = host;
        this.clock = clock;
        this.program = program;
        this.observer = observer;
        this.metrics = metrics;
        this.notifier = new Notifier(host, clock, observer);
        this.looks = new ClusterLooks(clock, program.version(), observations, notifier);
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

    /**
     * Serves the clusters that are configured now: all of them look at themselves soon.
     *
     * @return whether all could be served; otherwise it is to be tried again
     */
    boolean serve() {
        boolean all = true;
        Map<JobKey, Work> wanted = new HashMap<>();
        for (ClusterName cluster : host.clusters()) {
            try (Session session = host.session(cluster)) {
                for (Part part : run(session, observer.of(cluster)).parts()) {
                    String name = part.name()
                            + part.repository().map(each -> " " + each.name()).orElse("");
                    wanted.put(new JobKey(name, cluster.value()), new Work(cluster, new Doing(part)));
                }
                if (isWatched()) {
                    for (Look look : Look.values()) {
                        wanted.put(key(look, cluster), new Work(cluster, look));
                    }
                }
            } catch (IOException | RuntimeException e) {
                all = false;
                observer.failed(cluster, e);
            }
        }
        looks.keep(host.clusters());
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
                ask(each.getKey(), clock.instant().plusMillis(20L * number++));
            }
        } catch (SchedulerException e) {
            throw new IllegalStateException(e);
        }
        return all;
    }

    private void askForLooks(ClusterName cluster) throws SchedulerException {
        for (Look look : Look.values()) {
            ask(key(look, cluster), clock.instant());
        }
    }

    private static JobKey key(Look look, ClusterName cluster) {
        return new JobKey("look " + look, cluster.value());
    }

    private CronRun run(Session session, CronRun.Observer told) throws IOException {
        return new CronRun(session, clock, program, Mode.RUN, told);
    }

    /** The job looks at itself then, also if it does so already. */
    private synchronized void ask(JobKey job, Instant at) throws SchedulerException {
        asked.add(job);
        wake(job, at);
    }

    /** The next look of a job that has looked at itself. */
    private synchronized void goOn(JobKey job, Instant next) throws SchedulerException {
        wake(job, asked.remove(job) ? clock.instant() : next);
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
        asked.remove(job); // what changes from now on asks again
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
                    goOn(job, next);
                }
            } catch (SchedulerException e) {
                observer.failed(due.cluster(), new IllegalStateException(e));
            }
        }
    }

    private Instant look(Work due) {
        Deque<Semaphore> taken = new ArrayDeque<>();
        try {
            for (Semaphore each : budgets(due)) {
                if (!each.tryAcquire()) {
                    return clock.instant().plus(WAIT);
                }
                taken.push(each);
            }
            return lookWithin(due);
        } finally {
            taken.forEach(Semaphore::release);
        }
    }

    /** What the work takes a part of: that of its kind, and that of its kind in each store that it asks. */
    private List<Semaphore> budgets(Work due) {
        Kind kind = Kind.of(due.duty());
        List<Semaphore> all = new ArrayList<>();
        for (String store : new TreeSet<>(stores(due))) {
            all.add(inStores.computeIfAbsent(kind + " " + store, any -> new Semaphore(kind.inOneStore)));
        }
        all.add(inAll.computeIfAbsent(kind, any -> new Semaphore(kind.inAll)));
        return all;
    }

    /** A server, or a directory: two addresses of one server hang together. */
    private List<String> stores(Work due) {
        Optional<RepositorySettings> only =
                due.duty() instanceof Doing(Part part) ? part.repository() : Optional.empty();
        List<RepositorySettings> asked = only.map(List::of).orElseGet(() -> {
            Configuration present = host.configuration();
            return Optional.ofNullable(present.clusters().get(due.cluster())).stream()
                    .flatMap(cluster -> cluster.repositories().stream())
                    .flatMap(name -> Optional.ofNullable(present.repositories().get(name)).stream())
                    .toList();
        });
        return asked.stream()
                .map(each -> each.url().getAuthority() == null
                        ? each.url().toString()
                        : each.url().getScheme() + "://" + each.url().getAuthority())
                .toList();
    }

    private Instant lookWithin(Work due) {
        Instant now = clock.instant();
        try (Session session = host.session(due.cluster())) {
            return switch (due.duty()) {
                case Look.READING -> looks.read(due.cluster(), session, now);
                case Look.CHECK -> looks.check(due.cluster(), session, now);
                case Doing(Part part) -> run(part, due.cluster(), session, now);
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return clock.instant().plus(AFTER_ERROR);
        } catch (IOException | SchedulerException | RuntimeException e) {
            if (!Thread.currentThread().isInterrupted()) {
                observer.failed(due.cluster(), e);
            }
            return clock.instant().plus(AFTER_ERROR);
        }
    }

    private Instant run(Part part, ClusterName cluster, Session session, Instant now)
            throws IOException, SchedulerException {
        MeasuredTasks told = new MeasuredTasks(observer.of(cluster), cluster, metrics);
        CronRun.Result result = run(session, told).run(List.of(part), now);
        if (told.hasEnded()) {
            askForLooks(cluster);
        }
        if (part.isLook()) {
            ask(new JobKey(ScheduledTask.BACKUP.toString(), cluster.value()), clock.instant());
        }
        return result.next(clock.instant());
    }

    /** Whether anybody wants to know how the clusters are. */
    private boolean isWatched() {
        return host.configuration().service().observes()
                || !host.configuration().destinations().isEmpty();
    }

    /** Begins nothing more, and interrupts what is under way: the next process tries it again. */
    void interrupt() {
        stopping = true;
        try {
            quartz.standby();
        } catch (SchedulerException e) {
            throw new IllegalStateException(e);
        }
        new HashSet<>(running).forEach(Thread::interrupt);
    }

    /** Waits until what was interrupted has ended; whether all of it has. */
    boolean awaitEnd(Duration patience) throws InterruptedException {
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
        notifier.close();
        try {
            quartz.shutdown(false);
        } catch (SchedulerException | UserFacingException e) {
            // It ends with the process.
        }
    }
}
