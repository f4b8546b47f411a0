// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.cli.output.CopyableLines;
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

/**
 * The context of a WAL command: the configuration, the data directory and the repositories. Immutable.
 *
 * @param cluster the configured cluster, if one is known
 * @param configuredDataDirectory as the configuration of the cluster names it
 * @param repositories at least one
 * @param acknowledge how many of them must hold a file
 * @param named the configuration file that the call names
 * @param files the configuration's, as they were before they were read; empty if that is not known
 * @param wrong what is wrong in them, if the command goes on nevertheless
 */
record WalContext(
        Configuration configuration,
        Optional<ClusterName> cluster,
        Optional<Path> dataDirectory,
        Optional<Path> configuredDataDirectory,
        List<RepositorySettings> repositories,
        int acknowledge,
        Path spool,
        Optional<Path> named,
        Optional<List<FileStamp>> files,
        Optional<WrongFiles> wrong) {

    static WalContext of(WalArguments arguments, Environment environment, Path likelyDataDirectory) {
        EffectiveConfiguration effective = new ConfigurationLoader(environment, Clock.systemUTC())
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
                configuration,
                cluster.map(ClusterSettings::name),
                dataDirectory,
                cluster.flatMap(ClusterSettings::dataDirectory),
                repositories,
                cluster.isEmpty() ? repositories.size() : cluster.get().acknowledgeOf(repositories.size()),
                SpoolDirectory.find(configuration.host(), dataDirectory, environment),
                arguments.configuration(),
                effective.files(),
                effective.wrong());
    }

    /** Warns of what is wrong in the configuration, at most once a minute. */
    void warn() {
        if (wrong.isPresent()
                && cluster.isPresent()
                && LateWarning.isDue(spool, "configuration of " + cluster.get(), Clock.systemUTC())) {
            System.err.println("WARNING: " + wrong.get().warning(cluster.get()));
            System.err.println("HINT: " + complete(wrong.get().problem().hint()));
        }
    }

    /** Completes the commands of a hint for this cluster and configuration. */
    String complete(String hint) {
        return CopyableLines.of(cluster, named).complete(hint);
    }

    /**
     * The cluster's control file.
     *
     * @throws UserFacingException if there is no data directory, or its control file cannot be read
     */
    ControlFile control() {
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
}
