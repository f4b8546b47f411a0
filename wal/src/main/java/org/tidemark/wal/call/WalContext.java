// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.call;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.queue.RefusedCopy;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.ConfigurationLoader.Wanted;
import org.tidemark.config.Environment;
import org.tidemark.config.FileStamp;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.Selection;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.WrongFiles;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PermissionDenied;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ControlFile;
import org.tidemark.wal.notices.LateWarning;

/**
 * What a call means with the configuration: the cluster, its data directory and the repositories. Immutable.
 *
 * @param cluster the configured cluster, if one is known
 * @param configuredDataDirectory as the configuration of the cluster names it
 * @param repositories at least one
 * @param acknowledge how many of them must hold a file
 * @param files the configuration's, as they were before they were read; empty if that is not known
 * @param wrong what is wrong in them, if the command goes on nevertheless
 */
public record WalContext(
        WalArguments arguments,
        Environment environment,
        Clock clock,
        Configuration configuration,
        Optional<ClusterName> cluster,
        Optional<Path> dataDirectory,
        Optional<Path> configuredDataDirectory,
        List<RepositorySettings> repositories,
        int acknowledge,
        Path spool,
        Optional<List<FileStamp>> files,
        Optional<WrongFiles> wrong) {

    /**
     * Reads the configuration.
     *
     * @param likelyDataDirectory of the server that calls
     * @throws UserFacingException if it is wrong, or says nothing about this cluster
     */
    public static WalContext of(
            WalArguments arguments, Environment environment, Path likelyDataDirectory, Clock clock) {
        EffectiveConfiguration effective = new ConfigurationLoader(environment, clock)
                .loadForWal(
                        arguments.configuration(),
                        new Wanted(arguments.cluster(), likelyDataDirectory, arguments.repositories()));
        Configuration configuration = effective.configuration();
        Selection selection =
                new Selection(configuration, ConfigurationFiles.candidates(environment, arguments.configuration()));
        Optional<ClusterSettings> cluster = selection.cluster(arguments.cluster(), likelyDataDirectory);
        Optional<Path> dataDirectory = Files.exists(likelyDataDirectory.resolve(ControlFile.PATH))
                ? Optional.of(likelyDataDirectory)
                : cluster.flatMap(ClusterSettings::dataDirectory);
        List<Path> keys = new ArrayList<>();
        for (Path file : arguments.decryptWith()) {
            keys.add(environment.workingDirectory().resolve(file).normalize());
        }
        List<RepositorySettings> repositories = new ArrayList<>();
        for (RepositorySettings settings : selection.repositories(arguments.repositories(), cluster)) {
            repositories.add(settings.withDecryptWith(keys));
        }
        return new WalContext(
                arguments,
                environment,
                clock,
                configuration,
                cluster.map(ClusterSettings::name),
                dataDirectory,
                cluster.flatMap(ClusterSettings::dataDirectory),
                repositories,
                cluster.isEmpty() ? repositories.size() : cluster.get().acknowledgeOf(repositories.size()),
                SpoolDirectory.find(configuration.host(), dataDirectory, environment),
                effective.files(),
                effective.wrong());
    }

    /** What is wrong in the configuration, if it is to be told now: at most once a minute. */
    public Optional<Warning> warning() {
        return wrong.isPresent()
                        && cluster.isPresent()
                        && LateWarning.isDue(spool, "configuration of " + cluster.get(), clock)
                ? Optional.of(new Warning(
                        wrong.get().warning(cluster.get()),
                        wrong.get().problem().hint()))
                : Optional.empty();
    }

    /** The command goes on, but an operator should know. */
    public record Warning(String message, String hint) {}

    /**
     * The cluster's control file.
     *
     * @throws UserFacingException if there is no data directory, or its control file cannot be read
     */
    public ControlFile control() {
        Path directory = dataDirectory.orElseThrow(() -> new UserFacingException(
                ExitCode.USAGE,
                "not in a data directory, and none is configured",
                "PostgreSQL runs this in its data directory; by hand, change to it first, or set data-directory."));
        try {
            return ControlFile.read(directory);
        } catch (NoSuchFileException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + directory + "' is not a data directory: it has no '" + ControlFile.PATH + "'",
                    "PostgreSQL runs this in its data directory; by hand, change to it first.",
                    e);
        } catch (AccessDeniedException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read '" + directory.resolve(ControlFile.PATH) + "': "
                            + PermissionDenied.describe(directory.resolve(ControlFile.PATH)),
                    "Run it as the owner of the data directory, with sudo -u.",
                    e);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read '" + directory.resolve(ControlFile.PATH) + "': " + e.getMessage(),
                    "Run as the owner of the data directory.",
                    e);
        }
    }

    /**
     * PostgreSQL runs its commands in its data directory. A copied server on the same host, with the same
     * archive_command, would archive instead of the original, whose segments would then be refused. Directories are
     * compared by identity, not by spelling. If the configured one has no running server and ended on an earlier
     * timeline, this server has replaced it, by a restore or a promotion.
     *
     * @param running where the server runs
     * @throws UserFacingException if that is a copy
     */
    public void refuseACopy(Path running, ControlFile control) {
        if (configuredDataDirectory.isEmpty()) {
            return;
        }
        Path configured = configuredDataDirectory.get();
        try {
            if (!Files.exists(running.resolve(ControlFile.PATH))
                    || !Files.exists(configured.resolve(ControlFile.PATH))
                    || Files.isSameFile(configured, running)) {
                return;
            }
            ControlFile other = ControlFile.read(configured);
            boolean hasTakenItsPlace = !Files.exists(configured.resolve("postmaster.pid"))
                    && other.checkpoint()
                                    .timeline()
                                    .compareTo(control.checkpoint().timeline())
                            < 0;
            if (other.system().value() != control.system().value() || hasTakenItsPlace) {
                return;
            }
        } catch (IOException e) {
            return; // unknown
        }
        // Into the spool of the original: that of the copy may be another one.
        cluster.ifPresent(name -> new RefusedCopy(running, clock.instant())
                .note(SpoolDirectory.find(configuration.host(), configuredDataDirectory, environment), name));
        throw new UserFacingException(
                ExitCode.WRONG_CLUSTER,
                "'" + running + "' is not the data directory of this cluster, which is '" + configured
                        + "' and has the same system identifier",
                "Is this a copy? Then set archive_mode = off in it. Was the other one promoted in its place? Then stop"
                        + " this server. Only if this one has replaced the other, set data-directory to '" + running
                        + "' in the configuration. To push one of its files by"
                        + " hand, call wal-push from another directory with the full path.");
    }
}
