// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.KnownPlaces;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;

/** One run of init: registers a cluster in its repositories, and writes a first configuration. */
public final class InitRun {
    private static final ClusterName DEFAULT_CLUSTER = new ClusterName("main");

    private final FirstConfiguration first;
    private final Clock clock;
    private final PrintStream warnings;
    private final Observer observer;

    /**
     * What is asked for. Immutable.
     *
     * @param newIncarnation whether another incarnation of the cluster may be registered already
     * @param replaced a repository, by its name or address, that was removed or replaced on purpose: it alone
     * @param keyFile where a key pair is made
     * @param dryRun whether nothing is changed
     */
    public record Request(boolean newIncarnation, Optional<String> replaced, Optional<Path> keyFile, boolean dryRun) {}

    /**
     * What was, or would be, done. Immutable.
     *
     * @param receiveSlot the slot through which {@code serve} receives the cluster's WAL
     * @param configuration the file that was written; empty if there was one
     */
    public record Result(
            ClusterIdentity identity,
            List<Registration.Result> repositories,
            Optional<String> receiveSlot,
            Optional<Path> configuration,
            Optional<NewKey> key) {
        public Result {
            repositories = List.copyOf(repositories);
        }

        /** Whether each repository knew the cluster before: another host may archive it. */
        public boolean wasRegistered() {
            return repositories.stream().noneMatch(Registration.Result::registered);
        }

        /** Whether a repository is new to the cluster, and another one knew it before. */
        public boolean isAddedToOthers() {
            return repositories.stream()
                            .map(Registration.Result::registered)
                            .distinct()
                            .count()
                    == 2;
        }
    }

    /** Is told what a run does, as it happens. Repositories are called by their names. */
    public interface Observer {
        /** The server of the cluster answered. */
        void server(ServerSettings server, ClusterIdentity identity);

        /** A repository was, or would be, replaced. */
        void replaced(String repository, RepositoryId former);

        /** The cluster is, or would be, registered in a repository. */
        void registered(Registration.Result result);

        /** Something that does not end the run. */
        void tell(Finding finding);
    }

    /** @param warnings where it is printed that nothing can be remembered of a repository; it stays open */
    public InitRun(FirstConfiguration first, Clock clock, PrintStream warnings, Observer observer) {
        this.first = first;
        this.clock = clock;
        this.warnings = warnings;
        this.observer = observer;
    }

    /** What the server says of itself, or why it does not answer. */
    private record Asked(Optional<ServerSettings> server, Optional<UserFacingException> failure) {}

    /**
     * Asks the server, registers the cluster, makes the key and writes the configuration, which names the key: a
     * failure before that leaves no key that nobody uses.
     *
     * @throws UserFacingException also for a repository in the directories of a cluster
     */
    public Result run(Request request) throws IOException {
        Asked asked = ask();
        Optional<Path> dataDirectory = asked.server().flatMap(ServerSettings::dataDirectory);
        try (Session session = first.session(dataDirectory, warnings)) {
            ClusterName name = session.cluster().map(ClusterSettings::name).orElse(DEFAULT_CLUSTER);
            ClusterIdentity identity = identity(asked, session, name, request);
            asked.server().ifPresent(server -> observer.server(server, identity));
            Registration registration = new Registration(
                    session,
                    identity,
                    clock,
                    request.newIncarnation() ? Registration.Other.ALLOWED : Registration.Other.REFUSED,
                    request.keyFile().isPresent() ? Registration.Keys.MADE_NOW : Registration.Keys.CONFIGURED);
            List<Registration.Result> results = new ArrayList<>();
            List<RepositorySettings> repositories = request.replaced().isPresent()
                    ? List.of(session.repositorySettings(request.replaced().get()))
                    : session.repositorySettings();
            for (RepositorySettings each : repositories) {
                requireOutside(each, session.configuration(), dataDirectory);
            }
            if (request.replaced().isPresent()) {
                RepositorySettings settings = repositories.getFirst();
                results.add(replace(session, registration, settings, request.dryRun()));
                return new Result(identity, results, Optional.empty(), Optional.empty(), Optional.empty());
            }
            for (RepositorySettings settings : repositories) {
                Registration.Result result =
                        request.dryRun() ? registration.wouldDo(settings) : registration.register(settings);
                results.add(result);
                observer.registered(result);
            }
            Optional<NewKey> key = Optional.empty();
            if (request.keyFile().isPresent() && !request.dryRun()) {
                key = Optional.of(NewKey.make(request.keyFile().get(), clock));
            }
            Optional<Path> written = asked.server().isPresent()
                    ? first.write(name, asked.server().get(), key.map(NewKey::publicKey), request.dryRun())
                    : Optional.empty();
            return new Result(identity, results, session.cluster().flatMap(ClusterSettings::receiveSlot), written, key);
        }
    }

    /** A server that does not answer ends only what cannot go on without it. */
    private Asked ask() throws IOException {
        try (Session session = first.session(Optional.empty(), warnings);
                SqlConnection connection = SqlConnection.open(session.connection())) {
            return new Asked(Optional.of(ServerSettings.ask(connection)), Optional.empty());
        } catch (UserFacingException e) {
            if (e.exitCode() != ExitCode.POSTGRES_UNAVAILABLE || first.isToBeWritten()) {
                throw e;
            }
            return new Asked(Optional.empty(), Optional.of(e));
        }
    }

    /** By the server; where it does not answer, by the configured repositories that know the cluster, if they agree. */
    private ClusterIdentity identity(Asked asked, Session session, ClusterName name, Request request) {
        if (asked.server().isPresent()) {
            return asked.server().get().identity(name);
        }
        UserFacingException failure = asked.failure().orElseThrow();
        Map<ClusterIdentity, String> known = new LinkedHashMap<>();
        for (RepositorySettings each : session.configuration().repositories().values()) {
            newest(session, each, name).ifPresent(identity -> known.putIfAbsent(identity, each.name()));
        }
        if (request.newIncarnation() || known.size() != 1) {
            throw failure;
        }
        Map.Entry<ClusterIdentity, String> only = known.entrySet().iterator().next();
        observer.tell(Finding.warning(
                "server",
                failure.getMessage() + "; the cluster is taken to be the one that '" + only.getValue()
                        + "' knows, with system identifier " + only.getKey().system(),
                "Once PostgreSQL answers, run: tidemark check"));
        return only.getKey();
    }

    private static Optional<ClusterIdentity> newest(Session session, RepositorySettings settings, ClusterName name) {
        try {
            List<ClusterArchive> known = session.repository(settings).incarnations(name);
            return known.isEmpty()
                    ? Optional.empty()
                    : Optional.of(known.getLast().identity());
        } catch (IOException | UserFacingException e) {
            return Optional.empty(); // Registration says it, if it is to be registered there.
        }
    }

    private static void requireOutside(
            RepositorySettings repository, Configuration configuration, Optional<Path> server) {
        KnownPlaces.clusterAround(repository, configuration, server).ifPresent(place -> {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    repository.described() + " would be in " + place
                            + ": each backup would contain all earlier ones, and all are lost with that directory",
                    "Name a directory outside of it, best on another disk or another host.");
        });
    }

    private Registration.Result replace(
            Session session, Registration registration, RepositorySettings settings, boolean dryRun)
            throws IOException {
        Path root = session.environment().root();
        Replacement replacement =
                Replacement.of(session, settings, root.resolve("etc/fstab"), root.resolve("proc/self/mounts"));
        Registration.Result result = dryRun
                ? new Registration.Result(settings.name(), Optional.empty(), true, true)
                : replacement.replace(registration, clock);
        replacement.findings().forEach(observer::tell);
        observer.replaced(settings.name(), replacement.former());
        observer.registered(result);
        return result;
    }
}
