// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.watch.check.CheckReport.Backlog;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * Checks everything that protects a cluster, within a time limit. What fails or does not answer is a finding, and the
 * rest continues.
 */
public final class Checkup {
    static final String SLOW_HINT =
            "Find out whether the host or the network is overloaded, or give check more time with --timeout.";

    /** For a line in the spool, which hangs where its disk does. */
    private static final Duration TO_KEEP = Duration.ofSeconds(5);

    private final Session session;
    private final ClusterSettings cluster;
    private final Clock clock;
    private final CheckRequest request;
    private final Duration limit;
    private final long begunNanos = System.nanoTime();
    private final List<Finding> findings = new ArrayList<>();
    private final List<Backlog> backlogs = new ArrayList<>();
    private final Optional<LastServed.Place> place;
    private final List<TimedPart<?>> parts = new ArrayList<>();
    private Optional<Live> live = Optional.empty();

    /**
     * Nothing is asked before {@link #report}, which is called once.
     *
     * @throws UserFacingException USAGE if no cluster is configured
     */
    public Checkup(Session session, Clock clock, CheckRequest request) {
        this.session = session;
        this.cluster = session.cluster()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "no cluster is configured",
                        "Write a configuration with: tidemark init --url URL --conninfo TEXT"));
        this.clock = clock;
        this.request = request;
        this.limit = request.limit();
        this.place = request.program().map(program -> new LastServed.Place(session, cluster, program));
    }

    /**
     * Checks the cluster and the repositories of the session.
     *
     * @throws UserFacingException USAGE if no cluster is configured
     */
    public static CheckReport of(Session session, Clock clock, CheckRequest request) throws InterruptedException {
        return new Checkup(session, clock, request).report();
    }

    /** Whether nothing of it is under way any more: what was abandoned may hang for as long as its disk does. */
    public boolean hasEnded() {
        return parts.stream().allMatch(TimedPart::hasEnded);
    }

    private <T> TimedPart<T> start(String name, Callable<T> work) {
        TimedPart<T> part = TimedPart.start(name, work);
        parts.add(part);
        return part;
    }

    /** Checks, for one thread. */
    public CheckReport report() throws InterruptedException {
        session.wrongFiles()
                .map(wrong -> Subject.CONFIGURATION.critical(
                        wrong.summary(cluster.name()), wrong.problem().hint()))
                .ifPresent(findings::add);
        Optional<ServerState> server = server();
        Optional<TimedPart<Optional<LastServed>>> last = place.flatMap(where -> server.map(state ->
                start("last", () -> LastServed.of(where, state.settings().identity(cluster.name()), clock.instant()))));
        TimedPart<List<Finding>> host =
                start("host", () -> Check.all(Checks.HOST, new CheckedHost(session, cluster, server, clock)));
        List<RepositorySettings> settings = session.repositorySettings();
        if (request.switchWal() && server.isPresent()) {
            findings.addAll(new SwitchCheck(session, cluster, server.get(), clock).look(settings, end(0.7)));
        }
        Optional<TimedPart<List<Finding>>> source = server.map(state -> start(
                "source",
                () -> SourceCheck.look(
                        session.connectionForBackup(Optional.empty()), cluster, state.settings(), clock)));
        Answers answers = repositories(settings, server);
        // Now the ids of the repositories are known; and a slow one has left little time.
        TimedPart<Queues> spool = start("spool", () -> backlog(session.pending(), session.names()));
        findings.addAll(host.await(end(0.9)).orElseGet(() -> List.of(slowHost("pg_wal, the spool or a repository"))));
        if (source.isPresent()) {
            findings.addAll(source.get().await(end(0.9)).orElseGet(this::slowSource));
        }
        findings.addAll(inRepositories(answers, settings, server, last));
        spool.await(end(1)).ifPresentOrElse(this::add, () -> findings.add(slowHost("the spool")));
        return new CheckReport(
                cluster.name(),
                settings.stream().map(RepositorySettings::name).toList(),
                findings.stream().distinct().toList(),
                backlogs);
    }

    /** @param last what serve found, which may stand in for a repository that did not answer */
    private List<Finding> inRepositories(
            Answers answers,
            List<RepositorySettings> settings,
            Optional<ServerState> server,
            Optional<TimedPart<Optional<LastServed>>> last)
            throws InterruptedException {
        CheckedCluster whole =
                new CheckedCluster(cluster, session.configuration().drill(), server, answers.answered(), clock);
        Optional<List<Finding>> compared =
                start("comparison", () -> Check.all(Checks.CLUSTER, whole)).await(end(1));
        Optional<List<Finding>> ofServer = start("server's WAL", () -> Check.all(Checks.SERVER_AND_REPOSITORIES, whole))
                .await(end(1));
        Optional<List<Finding>> retention = start(
                        "retention", () -> RetentionCheck.of(session, answers.answered(), settings, clock.instant()))
                .await(end(1));
        Optional<List<Finding>> together =
                compared.map(them -> Stream.concat(them.stream(), retention.orElseGet(this::slowRetention).stream())
                        .toList());
        if (retention.isPresent()) {
            live = together.flatMap(them -> server.map(state -> live(answers, them, state)));
        }
        boolean isWhole =
                together.isPresent() && answers.each().values().stream().allMatch(Optional::isPresent);
        Optional<LastServed> before = isWhole || last.isEmpty()
                ? Optional.empty()
                : last.get().await(end(1)).flatMap(it -> it);
        List<Finding> found = new ArrayList<>(
                new SlowRepositories(limit, before, clock.instant()).findings(answers.each(), together));
        found.addAll(ofServer.orElseGet(this::slowComparisonWithServer));
        return found;
    }

    private List<Finding> slowRetention() {
        return List.of(Subject.RETENTION.warning(
                "cannot tell what the other repositories lack: they were not read within " + Amounts.duration(limit),
                SLOW_HINT));
    }

    private List<Finding> slowComparisonWithServer() {
        return List.of(Subject.REPOSITORY.critical(
                "the comparison of the server with the repositories did not end within " + Amounts.duration(limit),
                SLOW_HINT));
    }

    /** What another check may show in place of an answer. */
    private record Live(ClusterIdentity server, Optional<Instant> counted, RepositoryFindings found) {}

    private Live live(Answers answers, List<Finding> together, ServerState server) {
        Map<String, List<Finding>> each = new LinkedHashMap<>();
        answers.each().forEach((name, found) -> found.ifPresent(known -> each.put(name, known)));
        return new Live(
                server.settings().identity(cluster.name()),
                counted(answers.answered()),
                new RepositoryFindings(each, together));
    }

    private static Optional<Instant> counted(List<CheckedRepository> repositories) {
        return repositories.stream()
                .flatMap(each -> each.held().stream())
                .flatMap(held -> held.inventory().counted().stream())
                .min(Comparator.naturalOrder());
    }

    /**
     * Keeps what was found in the repositories that answered, for a check that has less time. For {@code serve}, while
     * the session is open; nothing is kept where no server answered.
     *
     * @param at when this check began
     * @param program its version
     */
    public void keep(Instant at, String program) throws InterruptedException {
        if (live.isPresent()) {
            Live found = live.get();
            start("keep", () -> {
                        new LastServed(at, found.counted(), found.found())
                                .keep(new LastServed.Place(session, cluster, program), found.server());
                        return true;
                    })
                    .await(System.nanoTime() + TO_KEEP.toNanos());
        }
    }

    /** A part of the time limit, by {@link System#nanoTime}. */
    private long end(double part) {
        return begunNanos + (long) (limit.toNanos() * part);
    }

    /** Repositories are asked about the server that answered, so it gets half of the time. */
    private Optional<ServerState> server() throws InterruptedException {
        ServerPart part = start(
                        "server",
                        () -> ServerPart.ask(session.connection(), cluster, session.spool(), request.memory(), clock))
                .await(end(0.5))
                .orElseGet(() -> ServerPart.unreachable(
                        cluster,
                        Subject.SERVER.critical(
                                "the server did not answer within " + Amounts.duration(limit.dividedBy(2)),
                                SLOW_HINT)));
        findings.addAll(part.findings());
        return part.state();
    }

    private List<Finding> slowSource() {
        return cluster.sshHost().stream()
                .map(host -> Subject.SSH_HOST.warning(
                        host + " did not answer within " + Amounts.duration(limit)
                                + ", so it is not known whether backups can read PostgreSQL's files there",
                        SLOW_HINT))
                .toList();
    }

    private Finding slowHost(String what) {
        return Subject.SPOOL.critical(
                "reading " + what + " on this host did not end within " + Amounts.duration(limit),
                "Find out in the kernel's log whether a disk or a network file system hangs: dmesg");
    }

    /**
     * What the repositories said.
     *
     * @param each by name, in order of preference; empty for one that did not answer in time
     */
    private record Answers(Map<String, Optional<List<Finding>>> each, List<CheckedRepository> answered) {}

    /** All at once: one that hangs takes no time from the others. */
    private Answers repositories(List<RepositorySettings> settings, Optional<ServerState> server)
            throws InterruptedException {
        Map<String, TimedPart<RepositoryPart>> asked = new LinkedHashMap<>();
        for (RepositorySettings each : settings) {
            asked.put(
                    each.name(),
                    start(each.name(), () -> RepositoryPart.ask(session, request, cluster, each, server, clock)));
        }
        Answers answers = new Answers(new LinkedHashMap<>(), new ArrayList<>());
        for (Map.Entry<String, TimedPart<RepositoryPart>> each : asked.entrySet()) {
            Optional<RepositoryPart> part = each.getValue().await(end(0.9));
            answers.each().put(each.getKey(), part.map(RepositoryPart::findings));
            part.flatMap(RepositoryPart::state).ifPresent(answers.answered()::add);
        }
        return answers;
    }

    /** The queues of this host, and what is to be said of them. */
    private record Queues(List<Finding> findings, List<Backlog> backlogs) {}

    private void add(Queues queues) {
        findings.addAll(queues.findings());
        backlogs.addAll(queues.backlogs());
    }

    /** What this host has queued for lagging repositories. */
    private Queues backlog(Spool pending, Map<RepositoryId, String> names) {
        List<Finding> found = new ArrayList<>();
        List<Backlog> queues = new ArrayList<>();
        try {
            BacklogCheck check = new BacklogCheck(cluster.name(), cluster.check(), clock);
            for (Backlog backlog : check.backlogs(pending, names)) {
                if (names.size() == 1 && backlog.objects() == 0 && backlog.refused() == 0) {
                    continue; // a single repository has no queue
                }
                queues.add(backlog);
                found.addAll(check.findings(
                        backlog,
                        session.repositoriesOfTheCluster().stream()
                                .anyMatch(each -> each.name().equals(backlog.repository()))));
            }
            found.addAll(BacklogCheck.room(pending, session.spoolLimit()));
        } catch (IOException e) {
            found.add(BacklogCheck.unreadable(e));
        }
        return new Queues(found, queues);
    }
}
