// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.spool.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.Selection;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;

/** What a command works with: the configuration, the cluster that it is about, and repositories, opened when needed. */
final class Workplace implements AutoCloseable {
    private static final String DEFAULT_CONNINFO = "dbname=postgres";

    private final CommandContext context;
    private final GlobalOptions global;
    private final Configuration configuration;
    private final Optional<ClusterSettings> cluster;
    private final Path spool;
    private final OpenRepositories repositories;

    private Workplace(CommandContext context, GlobalOptions global, Configuration configuration) {
        this.context = context;
        this.global = global;
        this.configuration = configuration;
        this.cluster =
                selection().cluster(global.cluster(), context.environment().workingDirectory());
        this.spool = SpoolDirectory.find(
                configuration.host(), cluster.flatMap(ClusterSettings::dataDirectory), context.environment());
        this.repositories = new OpenRepositories(spool, System.err);
    }

    /** Nothing is asked of a store or a server yet. */
    static Workplace open(CommandContext context, GlobalOptions global) {
        return new Workplace(
                context,
                global,
                new ConfigurationLoader(context.environment(), context.clock())
                        .load(global.config(), global.settings())
                        .configuration());
    }

    /** With a configuration that is not, or not yet, in a file. */
    static Workplace of(CommandContext context, GlobalOptions global, Configuration configuration) {
        return new Workplace(context, global, configuration);
    }

    private Selection selection() {
        return new Selection(configuration, ConfigurationFiles.candidates(context.environment(), global.config()));
    }

    Configuration configuration() {
        return configuration;
    }

    Optional<ClusterSettings> cluster() {
        return cluster;
    }

    Path spool() {
        return spool;
    }

    /** What is kept for late repositories. */
    Spool pending() {
        return new Spool(spool, spoolLimit());
    }

    long spoolLimit() {
        return configuration.host().spoolLimitBytes();
    }

    OpenRepositories repositories() {
        return repositories;
    }

    /** Those that the command is about, in order of preference; at least one. */
    List<RepositorySettings> repositorySettings() {
        List<Path> keys = global.decryptWith(context.environment());
        return selection().repositories(global.repositories(), cluster).stream()
                .map(settings -> settings.withDecryptWith(keys))
                .toList();
    }

    /** Those of the cluster, and those that the command names: each of them may hold its WAL. */
    List<RepositorySettings> repositoriesOfTheCluster() {
        List<RepositorySettings> all = new ArrayList<>(repositorySettings());
        for (RepositorySettings each : selection().repositories(List.of(), cluster)) {
            if (all.stream().noneMatch(known -> known.name().equals(each.name()))) {
                all.add(each);
            }
        }
        return all;
    }

    /** What each repository that this host has seen is called: every configured one, and those of the command. */
    Map<RepositoryId, String> names() {
        Map<RepositoryId, String> names = new LinkedHashMap<>();
        List<RepositorySettings> all = new ArrayList<>(repositorySettings());
        all.addAll(configuration.repositories().values());
        for (RepositorySettings settings : all) {
            repositories.rememberedId(settings).ifPresent(id -> names.putIfAbsent(id, settings.name()));
        }
        return names;
    }

    /** One repository by its name or address. */
    RepositorySettings repositorySettings(String nameOrAddress) {
        return selection().repositories(List.of(nameOrAddress), cluster).getFirst();
    }

    Repository repository(RepositorySettings settings) throws IOException {
        return repositories.open(settings);
    }

    /** The named or configured cluster; else the only one that the repository knows. */
    ClusterName clusterName(Repository repository) throws IOException {
        if (cluster.isPresent()) {
            return cluster.get().name();
        }
        List<ClusterName> known = repository.clusters();
        if (known.size() == 1) {
            return known.getFirst();
        }
        throw known.isEmpty()
                ? new UserFacingException(
                        ExitCode.NO_BACKUP,
                        "no cluster is registered in " + repository.store().description(),
                        "Is this the right repository? A cluster is registered by: tidemark init")
                : new UserFacingException(
                        ExitCode.USAGE,
                        "there is more than one cluster in "
                                + repository.store().description(),
                        "Name one with --cluster: " + known);
    }

    /** Every incarnation of the cluster in the repository; at least one. */
    List<ClusterArchive> incarnations(Repository repository) throws IOException {
        ClusterName name = clusterName(repository);
        List<ClusterArchive> incarnations = new ArrayList<>(repository.incarnations(name));
        if (incarnations.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "cluster '" + name + "' is not registered in "
                            + repository.store().description(),
                    "Name another repository with --repository, or a cluster that is registered here: "
                            + repository.clusters());
        }
        return incarnations;
    }

    /** How the cluster is reached: its conninfo, or what libpq would take where there is none. */
    ConnectionSettings connection() {
        return ConnectionSettings.parse(
                cluster.flatMap(ClusterSettings::conninfo).orElse(DEFAULT_CONNINFO), clientEnvironment());
    }

    ClientEnvironment clientEnvironment() {
        return new ClientEnvironment(
                context.environment().variables(),
                context.environment().home(),
                System.getProperty("user.name", "postgres"));
    }

    @Override
    public void close() {
        repositories.close();
    }
}
