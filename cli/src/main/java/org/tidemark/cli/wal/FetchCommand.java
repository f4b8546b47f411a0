// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.tidemark.archiver.Recovery;
import org.tidemark.archiver.Recovery.Absence;
import org.tidemark.archiver.Recovery.Position;
import org.tidemark.archiver.WalFetcher;
import org.tidemark.archiver.WalFetcher.FetchRequest;
import org.tidemark.archiver.WalFetcher.FetchRequest.Patience;
import org.tidemark.archiver.WalFetcher.FetchResult;
import org.tidemark.archiver.WalSource;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.WalArchive;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;

/** {@code wal-fetch %f %p}: restore_command. */
record FetchCommand(WalArguments arguments) {
    private static final Duration A_DAY = Duration.ofDays(1);
    /** At the end of recovery PostgreSQL waits for this answer before it opens the database. */
    private static final Duration LAST_PROBE = Duration.ofSeconds(10);
    /**
     * From 15 on PostgreSQL asks for segments after the target before it replays the one with the target. If it opens
     * the database only at the target, it is told soon that one of them is missing.
     */
    private static final Duration LATE_BEFORE_A_TARGET = Duration.ofSeconds(10);
    /** The launcher sets it if the data directory still has the target that the command names. */
    private static final String TARGET_STANDS = "TIDEMARK_TARGET_STANDS";
    /** The time for everything except retries. */
    private static final Duration WORK = Duration.ofMinutes(2);

    int run() throws IOException, InterruptedException {
        Environment environment = Environment.ofProcess();
        Path directory = environment.workingDirectory();
        WalFile file = parse(arguments.files().getFirst());
        Path target = directory.resolve(arguments.files().get(1));
        WalContext context = WalContext.of(arguments, environment, directory);
        CallingServer server = new CallingServer(directory, environment.variables());
        Optional<BooleanSupplier> alternative = server.alternativeTo(file);
        Duration patience = patience(
                file,
                server,
                alternative.isPresent(),
                context.configuration().host().fetchRetry());
        Watchdog.watch(patience.plus(WORK), "fetching '" + file.name() + "'");
        ControlFile control = context.control();
        OpenRepositories repositories = new OpenRepositories(context.spool(), System.err);
        List<WalSource> sources = context.repositories().stream()
                .map(settings -> new WalSource(
                        settings.name(),
                        opening(context, repositories, settings, control.system()),
                        memory(context, settings, alternative.isPresent())))
                .toList();
        FetchRequest request = new FetchRequest(
                file,
                target,
                control.system(),
                control.walSegmentSize(),
                new Recovery(
                        directory.resolve("pg_wal"),
                        arguments.timeline(),
                        () -> new RecoveryTimeline(directory, environment.variables()).targetTimeline(control),
                        server.isStandby() ? Absence.FOR_NOW : Absence.AT_THE_END,
                        reached(control),
                        alternative),
                new Patience(patience, late(patience, environment)),
                Launcher::requireAlive);
        FetchResult result = new WalFetcher(sources, notice -> System.err.println("WARNING: " + notice)).fetch(request);
        // One that is asked in a thread of its own may hang, and closing its store with it; the process ends now in any
        // case.
        if (sources.size() == 1 && alternative.isEmpty()) {
            repositories.close();
        }
        if (result instanceof FetchResult.IdTaken taken) {
            System.err.println("WARNING: '" + file.name() + "' is not archived, although '" + taken.walFile()
                    + "' is, in '" + taken.repository() + "': this recovery ends on an earlier timeline, and takes"
                    + " another timeline id");
            return WalMain.DELIVERED;
        }
        if (result instanceof FetchResult.Restored restored) {
            for (FetchResult.PassedOver passed : restored.passedOver()) {
                System.err.println("WARNING: '" + file.name() + "' came from '" + restored.from() + "', since '"
                        + passed.repository() + "' did not deliver it: " + passed.problem());
            }
            sayByHand("'" + file.name() + "' was written to '" + target + "', from '" + restored.from() + "'");
            return WalMain.DELIVERED;
        }
        sayByHand("not delivered: " + ((FetchResult.Absent) result).reason());
        return WalMain.ABSENT;
    }

    /** A normal result does not belong in PostgreSQL's log, but a person expects some output. */
    private static void sayByHand(String sentence) {
        if (Launcher.isCalledByHand()) {
            System.err.println(sentence);
        }
    }

    private static WalSource.Memory memory(WalContext context, RepositorySettings settings, boolean hasAlternative) {
        if (context.repositories().size() > 1) {
            return SilentRepositories.memory(context.spool(), settings);
        }
        return hasAlternative ? SilentRepositories.shortMemory(context.spool(), settings) : WalSource.Memory.NONE;
    }

    /**
     * The positions that this recovery has reached or must pass. PostgreSQL refuses a timeline whose history does not
     * include the checkpoint it starts from, and updates both positions in the control file during recovery.
     */
    private static List<Position> reached(ControlFile control) {
        List<Position> reached = new ArrayList<>();
        reached.add(new Position(
                control.checkpoint().timeline(), control.checkpoint().location()));
        ControlFile.Recovery recovery = control.recovery();
        if (recovery.minRecoveryTimeline() > 0) {
            reached.add(new Position(new Timeline(recovery.minRecoveryTimeline()), recovery.minRecoveryPoint()));
        }
        return reached;
    }

    private Duration patience(WalFile file, CallingServer server, boolean hasAlternative, Duration configured) {
        if (server.isStandby() || hasAlternative) {
            return Duration.ZERO; // a standby asks again by itself, and files in pg_wal need no waiting
        }
        if (server.asksForTheLastTime(file)) {
            return configured.compareTo(LAST_PROBE) < 0 ? configured : LAST_PROBE;
        }
        return arguments.unreachable() == WalArguments.Unreachable.RETRY ? A_DAY : configured;
    }

    private static Duration late(Duration patience, Environment environment) {
        return environment.variables().containsKey(TARGET_STANDS) && patience.compareTo(LATE_BEFORE_A_TARGET) > 0
                ? LATE_BEFORE_A_TARGET
                : patience;
    }

    private static WalSource.Opening opening(
            WalContext context, OpenRepositories repositories, RepositorySettings settings, SystemIdentifier system) {
        return new WalSource.Opening() {
            @Override
            public WalArchive open() throws IOException {
                return archive(context, repositories, settings, system).wal();
            }

            @Override
            public WalArchive open(Runnable ready) throws IOException {
                repositories.store(settings); // loading its classes and secrets takes time in a new process
                ready.run();
                return open();
            }
        };
    }

    private static ClusterArchive archive(
            WalContext context, OpenRepositories repositories, RepositorySettings settings, SystemIdentifier system)
            throws IOException {
        Repository repository = repositories.open(settings);
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
                    "Is this the repository that the cluster archives to? tidemark list-backup shows what is there.");
        }
        return found;
    }

    private static WalFile parse(String name) {
        try {
            return WalFile.parse(name);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "restore_command must pass %f and %p: restore_command = 'tidemark wal-fetch %f %p'.",
                    e);
        }
    }
}
