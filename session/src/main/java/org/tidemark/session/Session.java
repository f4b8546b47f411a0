// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BegunBackups;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.wal.WalCount;
import org.tidemark.config.BackupServer;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.ConfigurationLoader.Wanted;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.Selection;
import org.tidemark.config.Setting;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.WrongFiles;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ConnectionSettings.TargetSession;
import org.tidemark.postgres.ServerAddress;

/** The context of an operation: the configuration, the cluster, and the repositories, which are opened when needed. */
public final class Session implements AutoCloseable {
    private static final String DEFAULT_CONNINFO = "dbname=postgres";

    private final Environment environment;
    private final Choice choice;
    private final Configuration configuration;
    private final Optional<ClusterSettings> cluster;
    private final Optional<WrongFiles> wrong;
    /** Empty for a command: nobody takes over from an operator. */
    private final Optional<Hold> hold;

    private final Path spool;
    private final OpenRepositories repositories;
    private final Map<Repository, Repository> repaired = new ConcurrentHashMap<>();
    private final PrintStream warnings;

    /**
     * The caller's choices.
     *
     * @param file the configuration file, instead of those of the system and the user
     * @param settings that override files and variables
     * @param cluster the cluster to work on; default: the one that is configured
     * @param repositories by name or address; default: those of the cluster
     * @param decryptWith private key files, instead of the configured ones
     */
    public record Choice(
            Optional<Path> file,
            List<Setting> settings,
            Optional<ClusterName> cluster,
            List<String> repositories,
            List<Path> decryptWith) {
        public Choice {
            settings = List.copyOf(settings);
            repositories = List.copyOf(repositories);
            decryptWith = List.copyOf(decryptWith);
        }

        /** The same for one cluster. */
        public Choice withCluster(ClusterName name) {
            return new Choice(file, settings, Optional.of(name), repositories, decryptWith);
        }
    }

    /**
     * For a configuration that is not (yet) in a file.
     *
     * @param warnings for the warning that ids of repositories cannot be saved; not closed
     */
    public Session(Environment environment, Choice choice, Configuration configuration, PrintStream warnings) {
        this(
                environment,
                choice,
                configuration,
                selection(environment, choice, configuration).cluster(choice.cluster(), environment.workingDirectory()),
                Optional.empty(),
                Optional.empty(),
                warnings);
    }

    private Session(
            Environment environment,
            Choice choice,
            Configuration configuration,
            Optional<ClusterSettings> cluster,
            Optional<WrongFiles> wrong,
            Optional<Hold> hold,
            PrintStream warnings) {
        this.environment = environment;
        this.choice = choice;
        this.configuration = configuration;
        this.wrong = wrong;
        this.hold = hold;
        this.warnings = warnings;
        this.cluster = cluster;
        this.spool =
                SpoolDirectory.find(configuration.host(), cluster.flatMap(ClusterSettings::dataDirectory), environment);
        this.repositories = new OpenRepositories(spool, warnings);
    }

    /** For the configuration as it is. No store or server is contacted yet. */
    public static Session open(Environment environment, Clock clock, Choice choice, PrintStream warnings) {
        return new Session(
                environment,
                choice,
                new ConfigurationLoader(environment, clock)
                        .load(choice.file(), choice.settings())
                        .configuration(),
                warnings);
    }

    /** For an operation on repositories alone: a cluster need not be named, however many are configured. */
    public static Session ofRepositories(Environment environment, Clock clock, Choice choice, PrintStream warnings) {
        return ofRepositories(
                environment,
                choice,
                new ConfigurationLoader(environment, clock)
                        .load(choice.file(), choice.settings())
                        .configuration(),
                warnings);
    }

    static Session ofRepositories(
            Environment environment, Choice choice, Configuration configuration, PrintStream warnings) {
        return choice.cluster().isPresent()
                ? new Session(environment, choice, configuration, warnings)
                : new Session(
                        environment,
                        choice,
                        configuration,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        warnings);
    }

    /** For what receives WAL, and for what tells how it is: it goes on with what holds for its cluster. */
    public static Session openDespiteProblems(
            Environment environment, Clock clock, Choice choice, PrintStream warnings) {
        EffectiveConfiguration loaded = new ConfigurationLoader(environment, clock)
                .loadDespiteProblems(
                        choice.file(),
                        choice.settings(),
                        new Wanted(choice.cluster(), environment.workingDirectory(), choice.repositories()));
        return new Session(
                environment,
                choice,
                loaded.configuration(),
                selection(environment, choice, loaded.configuration())
                        .cluster(choice.cluster(), environment.workingDirectory()),
                loaded.wrong(),
                Optional.empty(),
                warnings);
    }

    /** What is wrong in the configuration files, if this session goes on nevertheless. */
    public Optional<WrongFiles> wrongFiles() {
        return wrong;
    }

    private Selection selection() {
        return selection(environment, choice, configuration);
    }

    private static Selection selection(Environment environment, Choice choice, Configuration configuration) {
        return new Selection(configuration, ConfigurationFiles.candidates(environment, choice.file()));
    }

    /** The same for one of the repositories, and for the cluster of this session. The caller closes it. */
    public Session only(RepositorySettings settings) {
        Optional<ClusterName> name = cluster.map(ClusterSettings::name);
        Choice one = new Choice(choice.file(), choice.settings(), name, List.of(settings.name()), choice.decryptWith());
        return new Session(
                environment,
                one,
                configuration,
                selection(environment, one, configuration).cluster(name, environment.workingDirectory()),
                Optional.empty(),
                hold,
                warnings);
    }

    /**
     * For a cluster that is registered in some of the repositories, perhaps by another host: without the settings that
     * this host may have for a cluster of this name. The caller closes it.
     */
    public Session registered(ClusterName name, List<String> in) {
        return new Session(
                environment,
                new Choice(choice.file(), choice.settings(), Optional.of(name), in, choice.decryptWith()),
                new Configuration(
                        configuration.host(),
                        configuration.service(),
                        List.of(),
                        List.of(),
                        configuration.drill(),
                        configuration.repositories(),
                        Map.of()),
                warnings);
    }

    /** The same for a task of its own, which another host may take over. The caller closes it. */
    public Session held(Hold other) {
        return new Session(environment, choice, configuration, cluster, wrong, Optional.of(other), warnings);
    }

    public Configuration configuration() {
        return configuration;
    }

    public Optional<ClusterSettings> cluster() {
        return cluster;
    }

    public Environment environment() {
        return environment;
    }

    /** The files that the configuration was read from. */
    public List<Path> configurationFiles() {
        return ConfigurationFiles.candidates(environment, choice.file()).stream()
                .filter(Files::exists)
                .toList();
    }

    /** Whether the caller named the cluster, rather than the configuration. */
    public boolean isClusterNamed() {
        return choice.cluster().isPresent();
    }

    public Path spool() {
        return spool;
    }

    /** The queues for lagging repositories. */
    public Spool pending() {
        return new Spool(spool, spoolLimit());
    }

    public long spoolLimit() {
        return configuration.host().spoolLimitBytes();
    }

    public OpenRepositories repositories() {
        return repositories;
    }

    /** The repositories of the operation, in order of preference; at least one. */
    public List<RepositorySettings> repositorySettings() {
        return selection().repositories(choice.repositories(), cluster).stream()
                .map(settings -> settings.withDecryptWith(choice.decryptWith()))
                .toList();
    }

    /** The repositories of the cluster and those that were named: each of them may hold its WAL. */
    public List<RepositorySettings> repositoriesOfTheCluster() {
        List<RepositorySettings> all = new ArrayList<>(repositorySettings());
        // An address on the command line needs no configuration.
        for (RepositorySettings each : configuration.repositories().isEmpty()
                ? List.<RepositorySettings>of()
                : selection().repositories(List.of(), cluster)) {
            if (all.stream().noneMatch(known -> known.name().equals(each.name()))) {
                all.add(each);
            }
        }
        return all;
    }

    /** The names of the repositories that this host has seen: all configured and all chosen ones. */
    public Map<RepositoryId, String> names() {
        Map<RepositoryId, String> names = new LinkedHashMap<>();
        List<RepositorySettings> all = new ArrayList<>(repositorySettings());
        all.addAll(configuration.repositories().values());
        for (RepositorySettings settings : all) {
            repositories.rememberedId(settings).ifPresent(id -> names.putIfAbsent(id, settings.name()));
        }
        return names;
    }

    /** One repository by its name or address. */
    public RepositorySettings repositorySettings(String nameOrAddress) {
        return selection().repositories(List.of(nameOrAddress), cluster).getFirst();
    }

    /** A repository, whose repaired copies are read in place of damaged objects. */
    public Repository repository(RepositorySettings settings) throws IOException {
        return repaired.computeIfAbsent(
                TimedOpening.OF_COMMANDS.open(settings, () -> repositories.open(settings)),
                repository -> hold.map(repository::held).orElse(repository).withRepairs());
    }

    /** The named or configured cluster; otherwise the only one in the repository. */
    public ClusterName clusterName(Repository repository) throws IOException {
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
    public List<ClusterArchive> incarnations(Repository repository) throws IOException {
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

    /** The backups of an incarnation. Their descriptions are cached in the spool, if there is one. */
    public BackupCatalog backups(ClusterArchive archive) {
        return cache(archive)
                .map(directory -> archive.backups().cachedIn(directory))
                .orElseGet(archive::backups);
    }

    /** Which backups of a cluster this host has begun; nothing is known where there is no spool. */
    public BegunBackups begun(ClusterName cluster) {
        return new BegunBackups(SpoolPart.ATTEMPTS.in(spool), cluster);
    }

    /**
     * The WAL of an incarnation, to be shown. What this host has counted is remembered in the spool, if there is one.
     */
    public WalCount wal(ClusterArchive archive) {
        return new WalCount(archive, cache(archive).map(directory -> directory.resolve("wal")));
    }

    /** The file in which this host remembers the last commits of segments, if there is a spool. */
    public Optional<Path> commits(ClusterArchive archive) {
        return cache(archive).map(directory -> directory.resolve("commits"));
    }

    /** The evidence of drills of an incarnation, to be shown. Documents are cached in the spool, if there is one. */
    public DrillChains drills(ClusterArchive archive) {
        DrillChains chains =
                new DrillChains(archive.repository().store(), archive.identity().keys());
        return cache(archive)
                .map(directory -> chains.cachedIn(directory.resolve("drills")))
                .orElse(chains);
    }

    private Optional<Path> cache(ClusterArchive archive) {
        return Files.isDirectory(spool)
                ? Optional.of(SpoolPart.CATALOG
                        .in(spool)
                        .resolve(archive.repository().id().value())
                        .resolve(archive.identity().cluster().value())
                        .resolve(archive.identity().system().toString()))
                : Optional.empty();
    }

    /** The connection to the cluster: its conninfo, or libpq's defaults. */
    public ConnectionSettings connection() {
        return ConnectionSettings.parse(
                cluster.flatMap(ClusterSettings::conninfo).orElse(DEFAULT_CONNINFO), clientEnvironment());
    }

    /**
     * The connection as the files say it now: conninfo in the configuration, the service file, certificates. For a
     * process that stays and connects again; the password file is read at each login anyway.
     *
     * @throws UserFacingException if it cannot be read now
     */
    public ConnectionSettings connectionAsOfNow(Clock clock) {
        Choice same =
                cluster.map(ClusterSettings::name).map(choice::withCluster).orElse(choice);
        try (Session now = openDespiteProblems(environment, clock, same, warnings)) {
            if (cluster.flatMap(ClusterSettings::conninfo).isPresent()
                    && now.cluster().flatMap(ClusterSettings::conninfo).isEmpty()) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "the configuration has no conninfo of this cluster any more",
                        "Somebody may be writing it at this moment; otherwise, add conninfo again.");
            }
            return now.connection();
        }
    }

    /**
     * The connection to the server that a backup is taken from.
     *
     * @param wanted empty: as the cluster is configured
     */
    public ConnectionSettings connectionForBackup(Optional<BackupServer> wanted) {
        ConnectionSettings connection = connection();
        return wanted.or(() -> cluster.flatMap(ClusterSettings::backupFrom))
                .map(server -> connection.withSession(
                        switch (server) {
                            case PRIMARY -> TargetSession.PRIMARY;
                            case STANDBY -> TargetSession.STANDBY;
                            case PREFER_STANDBY -> TargetSession.PREFER_STANDBY;
                        }))
                .orElse(connection);
    }

    /** The connection to another server, as the same role. */
    public ConnectionSettings connection(ServerAddress server) {
        return ConnectionSettings.parse(server.conninfo(connection().user()), clientEnvironment());
    }

    public ClientEnvironment clientEnvironment() {
        return ClientEnvironment.of(environment.variables(), environment.home());
    }

    @Override
    public void close() {
        repositories.close();
    }
}
