// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** The configured clusters and repositories that a command is about. Immutable. */
public final class Selection {
    /** Each data directory has it. */
    private static final String CONTROL_FILE = "global/pg_control";

    private final Configuration configuration;
    private final List<Path> files;

    /** @param files the files that were searched for the configuration, for a message */
    public Selection(Configuration configuration, List<Path> files) {
        this.configuration = configuration;
        this.files = List.copyOf(files);
    }

    /**
     * The named cluster; otherwise the only one configured; otherwise the one in whose data directory a WAL command was
     * called. Empty if none is configured or named: the repository may know only one.
     *
     * @throws UserFacingException if the choice is not exactly one cluster
     */
    public Optional<ClusterSettings> cluster(Optional<ClusterName> named, Path workingDirectory) {
        var clusters = configuration.clusters();
        if (named.isPresent()) {
            ClusterSettings cluster = clusters.get(named.get());
            if (cluster == null && !clusters.isEmpty()) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "there is no cluster '" + named.get() + "' in the configuration",
                        "Configured: " + joined(clusters.keySet()));
            }
            return Optional.of(cluster == null ? ofName(named.get()) : cluster);
        }
        if (clusters.size() <= 1) {
            return clusters.isEmpty()
                    ? Optional.empty()
                    : Optional.of(clusters.values().iterator().next());
        }
        for (ClusterSettings cluster : clusters.values()) {
            if (cluster.dataDirectory().isPresent()
                    && isSame(cluster.dataDirectory().get(), workingDirectory)) {
                return Optional.of(cluster);
            }
        }
        if (Files.exists(workingDirectory.resolve(CONTROL_FILE))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + workingDirectory + "' is the data directory of no configured cluster (" + directories() + ")",
                    "Is this an old primary or a copy? Stop it, and do not let it archive. If this is the current"
                            + " primary of a cluster, set the cluster's data-directory to this directory.");
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "there is more than one cluster in the configuration",
                "Name one with --cluster (" + joined(clusters.keySet())
                        + "), or call it in a cluster's data directory. Commands that read or run for each cluster, as"
                        + " check and backup, do so for all of them with --cluster all.");
    }

    private String directories() {
        return configuration.clusters().values().stream()
                .map(cluster -> cluster.name() + ": "
                        + cluster.dataDirectory().map(Path::toString).orElse("no data-directory"))
                .collect(Collectors.joining(", "));
    }

    private ClusterSettings ofName(ClusterName name) {
        return new ClusterSettings(
                name,
                Optional.empty(),
                Optional.empty(),
                new ArrayList<>(configuration.repositories().keySet()),
                OptionalInt.empty(),
                CheckSettings.DEFAULT,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    static boolean isSame(Path configured, Path workingDirectory) {
        try {
            return configured.toRealPath().equals(workingDirectory.toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The repositories to use, in order of preference: those that were named, by name or address; otherwise those of
     * the cluster; otherwise all.
     *
     * @throws UserFacingException if there is no repository, or no repository of that name
     */
    public List<RepositorySettings> repositories(List<String> named, Optional<ClusterSettings> cluster) {
        List<RepositorySettings> chosen = new ArrayList<>();
        if (!named.isEmpty()) {
            for (String nameOrAddress : named) {
                chosen.add(repository(nameOrAddress));
            }
        } else if (cluster.isPresent()) {
            for (String name : cluster.get().repositories()) {
                chosen.add(repository(name));
            }
        } else {
            chosen.addAll(configuration.repositories().values());
        }
        if (chosen.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no repository is configured" + looked(),
                    "Name one with --repository URL, or write a configuration with: tidemark init --url URL");
        }
        return chosen;
    }

    private String looked() {
        return files.isEmpty()
                ? ""
                : ": "
                        + String.join(
                                ", ",
                                files.stream()
                                        .map(file -> "'" + file + "' " + state(file))
                                        .toList());
    }

    private static String state(Path file) {
        if (Files.isReadable(file)) {
            return "has none";
        }
        return Files.exists(file) ? "cannot be read" : "is not there";
    }

    private RepositorySettings repository(String nameOrAddress) {
        RepositorySettings configured = configuration.repositories().get(nameOrAddress);
        if (configured != null) {
            return configured;
        }
        refuseList(nameOrAddress);
        URI address = address(nameOrAddress);
        for (RepositorySettings candidate : configuration.repositories().values()) {
            if (candidate.url().equals(address)) {
                return candidate;
            }
        }
        return RepositorySettings.at(address);
    }

    /** Names or addresses with commas between them; a comma may be in an address as well. */
    private void refuseList(String namesOrAddresses) {
        List<String> each = List.of(namesOrAddresses.split(",", -1));
        if (each.size() > 1
                && each.stream()
                        .allMatch(part -> configuration.repositories().containsKey(part) || part.contains("://"))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + namesOrAddresses + "' names several repositories",
                    "Use one option for each: --repository " + String.join(" --repository ", each));
        }
    }

    private static String joined(Collection<?> names) {
        return names.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    private URI address(String nameOrAddress) {
        try {
            URI address = new URI(nameOrAddress);
            if (address.getScheme() != null) {
                return address;
            }
        } catch (URISyntaxException e) {
            // Neither a name nor an address: reported below.
        }
        var names = configuration.repositories().keySet();
        throw new UserFacingException(
                ExitCode.USAGE,
                "there is no repository '" + nameOrAddress + "' in the configuration",
                names.isEmpty()
                        ? "Is it an address? Write it like file:///var/lib/tidemark."
                        : "Configured: " + joined(names) + ". An address is written like file:///var/lib/tidemark.");
    }
}
