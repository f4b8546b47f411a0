// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.fetch.FollowableTimelines;
import org.tidemark.archiver.fetch.Recovery;
import org.tidemark.archiver.fetch.Recovery.Absence;
import org.tidemark.archiver.fetch.Recovery.Phase;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest.Patience;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ServerRun;
import org.tidemark.wal.call.WalContext;

/**
 * The recovery that asks for WAL, and the repositories that are asked.
 *
 * @param directory the data directory in recovery
 * @param confirmations when each repository was last seen to be the same one
 * @param accepted the repositories, read as operators have decided about their content
 */
public record FetchSetup(
        WalContext context,
        Path directory,
        CallingServer server,
        OpenRepositories repositories,
        Confirmations confirmations,
        Map<Repository, Repository> accepted) {
    /** A recovery asks for some segments in a second; what wal-resolve decides counts from the next second on. */
    private static final Duration DECISIONS_VALID = Duration.ofSeconds(1);

    /**
     * Nothing is opened yet.
     *
     * @param warnings for the warning that ids of repositories cannot be saved; not closed
     */
    public static FetchSetup of(WalContext context, PrintStream warnings) {
        Path directory = context.environment().workingDirectory();
        return new FetchSetup(
                context,
                directory,
                new CallingServer(directory, context.environment().variables()),
                new OpenRepositories(context.spool(), warnings),
                new Confirmations(),
                new ConcurrentHashMap<>());
    }

    /** Looks whether operators have decided about content since the repositories were first read. */
    public void lookForDecisions() throws IOException {
        for (RepairedStore store : stores()) {
            store.look();
        }
    }

    /** Whether {@link #lookForDecisions} or a fetch has found a decision after the first look. */
    public boolean isDecidedSince() {
        return stores().stream().anyMatch(store -> store.changes() > 0);
    }

    private List<RepairedStore> stores() {
        return accepted.values().stream()
                .flatMap(repository -> repository.repairs().stream())
                .toList();
    }

    /** The repositories, in the order in which they are asked. */
    public List<WalSource> sources(SystemIdentifier system, boolean hasAlternative) {
        return context.repositories().stream()
                .map(settings ->
                        new WalSource(settings.name(), opening(settings, system), memory(settings, hasAlternative)))
                .toList();
    }

    public FetchRequest request(
            WalFile file, Path target, ControlFile control, Patience patience, Runnable beforeDelivery) {
        return new FetchRequest(
                file,
                target,
                control.system(),
                control.walSegmentSize(),
                new Recovery(
                        directory.resolve("pg_wal"),
                        context.arguments().timeline(),
                        () -> new RecoveryTimeline(
                                        directory, context.environment().variables())
                                .targetTimeline(control),
                        server.isStandby() ? Absence.FOR_NOW : Absence.AT_THE_END,
                        FollowableTimelines.of(control).reached(),
                        alternative(file),
                        phase(control),
                        () -> new RecoveryEnd(directory, context.environment().variables())
                                .target(context.arguments().target(), file, control)),
                patience,
                beforeDelivery);
    }

    public Optional<BooleanSupplier> alternative(WalFile file) {
        return server.alternativeTo(file);
    }

    private WalSource.Memory memory(RepositorySettings settings, boolean hasAlternative) {
        if (context.repositories().size() > 1) {
            return SilentRepositories.memory(context.spool(), settings, context.clock());
        }
        return hasAlternative
                ? SilentRepositories.shortMemory(context.spool(), settings, context.clock())
                : WalSource.Memory.NONE;
    }

    /**
     * PostgreSQL writes another state into the control file before it replays anything, and nothing but replay ends in
     * a promotion (StartupXLOG() in src/backend/access/transam/xlog.c). After a crash the state is that of a standby
     * that replays, so nothing is known then.
     */
    private Phase phase(ControlFile control) {
        return control.state() == ControlFile.ClusterState.SHUT_DOWN_IN_RECOVERY
                        && server.isStandby()
                        && ServerRun.in(directory).isPresent()
                ? Phase.BEFORE_REPLAY
                : Phase.UNKNOWN;
    }

    private WalSource.Opening opening(RepositorySettings settings, SystemIdentifier system) {
        return new WalSource.Opening() {
            // What was opened once stays what it is: an incarnation is registered forever.
            private final AtomicReference<@Nullable ClusterArchive> opened = new AtomicReference<>();

            @Override
            public WalArchive open() throws IOException {
                ClusterArchive archive = opened.get();
                if (archive == null) {
                    archive = archive(settings, system);
                    opened.set(archive);
                }
                confirmations.confirm(settings.name(), archive.repository());
                return archive.wal();
            }

            @Override
            public WalArchive open(Runnable ready) throws IOException {
                repositories.store(settings); // loading its classes and secrets takes time in a new process
                ready.run();
                return open();
            }
        };
    }

    private ClusterArchive archive(RepositorySettings settings, SystemIdentifier system) throws IOException {
        Repository repository =
                accepted.computeIfAbsent(repositories.open(settings), each -> each.withRepairs(DECISIONS_VALID));
        List<ClusterName> candidates =
                context.cluster().isPresent() ? List.of(context.cluster().get()) : repository.clusters();
        ClusterArchive found = null;
        for (ClusterName candidate : candidates) {
            ClusterArchive archive = repository.incarnation(candidate, system).orElse(null);
            if (archive != null && found != null) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "both '" + found.identity().cluster() + "' and '" + candidate + "' in '" + settings.name()
                                + "' have system identifier " + system,
                        "Name one with --cluster.");
            }
            found = archive == null ? found : archive;
        }
        if (found == null) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "'" + settings.name() + "' holds no archive of a cluster with system identifier " + system,
                    "Is this the repository that the cluster archives to? See what is there with: tidemark list-backup");
        }
        return found;
    }
}
