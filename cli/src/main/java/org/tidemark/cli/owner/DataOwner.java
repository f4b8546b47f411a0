// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.owner;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.Selection;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ServerAddress;

/**
 * Determines the user that a command must run as: the owner of its data directory, otherwise of the repository,
 * otherwise of the spool. Files of root do not count, since PostgreSQL never runs as root.
 */
final class DataOwner {
    private static final String DEFAULT_CONNINFO = "dbname=postgres";

    private final Invocation invocation;
    private final Environment environment;
    private final Optional<Configuration> configuration;

    DataOwner(Invocation invocation, Environment environment) {
        this.invocation = invocation;
        this.environment = environment;
        this.configuration = configuration(invocation, environment);
    }

    /** Empty if no file decides: everything belongs to this user, or the store is not on this host. */
    Optional<SystemUser> find() {
        if (invocation.command().equals("wal-push") || invocation.command().equals("wal-fetch")) {
            return ofWalCommand().or(this::ofConfigured);
        }
        return ofTarget().or(this::ofNamedRepositories).or(this::ofConfigured);
    }

    /** The directories of the command's repositories. */
    List<Path> repositoryDirectories() {
        if (invocation.url().isPresent()) {
            return directory(invocation.url().get()).stream().toList();
        }
        try {
            return configuration.stream()
                    .flatMap(known ->
                            new Selection(known, List.of()).repositories(invocation.repositories(), cluster()).stream())
                    .map(RepositorySettings::url)
                    .flatMap(url -> directory(url.toString()).stream())
                    .toList();
        } catch (UserFacingException e) {
            return List.of(); // reported by the command itself
        }
    }

    /** What is wrong in a configuration is reported by the command itself. */
    private static Optional<Configuration> configuration(Invocation invocation, Environment environment) {
        try {
            return Optional.of(new ConfigurationLoader(environment, Clock.systemUTC())
                    .loadWithoutCache(invocation.configuration())
                    .configuration());
        } catch (UserFacingException e) {
            return Optional.empty();
        }
    }

    private Optional<SystemUser> ofWalCommand() {
        Path working = environment.workingDirectory();
        if (invocation.command().equals("wal-push") && !invocation.files().isEmpty()) {
            Path walDirectory =
                    working.resolve(invocation.files().getFirst()).normalize().getParent();
            Path above = walDirectory == null ? null : walDirectory.getParent();
            if (above != null && isDataDirectory(above)) {
                return owner(above);
            }
        }
        return isDataDirectory(working) ? owner(working) : Optional.empty();
    }

    private static boolean isDataDirectory(Path directory) {
        return Files.exists(directory.resolve(ControlFile.PATH));
    }

    /** The directory that a restore writes to, or its parent. */
    private Optional<SystemUser> ofTarget() {
        if (invocation.target().isEmpty() || invocation.target().get().isEmpty()) {
            return Optional.empty();
        }
        Path target = environment
                .workingDirectory()
                .resolve(invocation.target().get())
                .normalize();
        return Files.exists(target)
                ? owner(target)
                : Optional.ofNullable(target.getParent()).flatMap(DataOwner::owner);
    }

    private Optional<SystemUser> ofNamedRepositories() {
        return invocation.repositories().stream()
                .flatMap(name -> directory(name).stream())
                .flatMap(directory -> owner(directory).stream())
                .findFirst();
    }

    private Optional<SystemUser> ofConfigured() {
        return ofClusters().or(this::ofSocket).or(this::ofRepositories).or(this::ofSpool);
    }

    private Optional<SystemUser> ofClusters() {
        Set<SystemUser> owners = new LinkedHashSet<>();
        for (ClusterSettings each : chosen()) {
            each.dataDirectory().flatMap(DataOwner::owner).ifPresent(owners::add);
        }
        boolean servesAll = Set.of("cron", "serve").contains(invocation.command());
        if (owners.size() > 1 && (servesAll || invocation.cluster().isPresent())) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the data directories of the clusters belong to different users: "
                            + String.join(
                                    ", ", owners.stream().map(SystemUser::name).toList()),
                    "Run the command once for each cluster, with --cluster NAME.");
        }
        return owners.size() == 1 ? Optional.of(owners.iterator().next()) : Optional.empty();
    }

    private List<ClusterSettings> chosen() {
        return cluster().map(List::of).orElseGet(this::all);
    }

    private List<ClusterSettings> all() {
        return configuration.stream()
                .flatMap(known -> known.clusters().values().stream())
                .toList();
    }

    private Optional<ClusterSettings> cluster() {
        if (configuration.isEmpty()) {
            return Optional.empty();
        }
        try {
            return new Selection(configuration.get(), List.of())
                    .cluster(invocation.cluster().map(ClusterName::new), environment.workingDirectory());
        } catch (UserFacingException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The owner of the server's socket, for a host on which nothing is configured yet. */
    private Optional<SystemUser> ofSocket() {
        boolean elsewhere = !invocation.repositories().isEmpty();
        if (elsewhere) {
            return Optional.empty();
        }
        String conninfo = invocation
                .conninfo()
                .or(() -> cluster().flatMap(ClusterSettings::conninfo))
                .orElse(DEFAULT_CONNINFO);
        try {
            ClientEnvironment client = new ClientEnvironment(environment.variables(), environment.home(), "postgres");
            return ConnectionSettings.parse(conninfo, client).addresses().stream()
                    .filter(ServerAddress::isUnixSocket)
                    .flatMap(address -> owner(address.socketFile()).stream())
                    .findFirst();
        } catch (UserFacingException e) {
            return Optional.empty();
        }
    }

    private Optional<SystemUser> ofRepositories() {
        return repositoryDirectories().stream()
                .flatMap(directory -> owner(directory).stream())
                .findFirst();
    }

    private Optional<SystemUser> ofSpool() {
        return configuration.flatMap(known -> owner(
                SpoolDirectory.find(known.host(), cluster().flatMap(ClusterSettings::dataDirectory), environment)));
    }

    private static Optional<SystemUser> owner(Path path) {
        return SystemUser.ownerOf(path).filter(user -> user.uid() != 0);
    }

    static Optional<Path> directory(String address) {
        try {
            URI uri = new URI(address);
            return "file".equals(uri.getScheme())
                            && uri.getPath() != null
                            && uri.getPath().startsWith("/")
                    ? Optional.of(Path.of(uri.getPath()))
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
