// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.OwnedPlace.Kind;
import org.tidemark.core.OwnedPlace.Relation;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClusterPlaces;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.session.Session;

/** The directories and files of this host that belong to something, as far as the configuration names them. */
public final class KnownPlaces {
    private KnownPlaces() {}

    /** The repositories on a file system, the spools, the clusters, and the files that this program reads. */
    public static List<OwnedPlace> of(Session session) {
        Configuration configuration = session.configuration();
        List<OwnedPlace> places = new ArrayList<>();
        Map<String, RepositorySettings> repositories = new LinkedHashMap<>(configuration.repositories());
        session.repositorySettings().forEach(each -> repositories.putIfAbsent(each.name(), each));
        for (RepositorySettings each : repositories.values()) {
            directory(each).ifPresent(path -> places.add(new OwnedPlace(Kind.REPOSITORY, named(each), path)));
            each.keys()
                    .decryptWith()
                    .forEach(key -> places.add(new OwnedPlace(Kind.FILE, "the private key of " + named(each), key)));
        }
        places.add(new OwnedPlace(Kind.SPOOL, "the spool", session.spool()));
        for (ClusterSettings each : configuration.clusters().values()) {
            Path spool = SpoolDirectory.find(configuration.host(), each.dataDirectory(), session.environment());
            if (!spool.equals(session.spool())) {
                places.add(new OwnedPlace(Kind.SPOOL, "the spool of cluster '" + each.name() + "'", spool));
            }
        }
        session.configurationFiles()
                .forEach(each -> places.add(new OwnedPlace(Kind.FILE, "Tidemark's configuration", each)));
        configuration
                .host()
                .workDirectory()
                .ifPresent(each -> places.add(new OwnedPlace(Kind.FILE, "host.work-directory", each)));
        places.addAll(clusters(configuration));
        return places;
    }

    /** The ports of the configured clusters, as far as their conninfo can be read. */
    public static Set<Integer> ports(Session session) {
        Set<Integer> ports = new TreeSet<>();
        for (ClusterSettings each : session.configuration().clusters().values()) {
            each.conninfo().ifPresent(conninfo -> {
                try {
                    ConnectionSettings.parse(conninfo, session.clientEnvironment())
                            .addresses()
                            .forEach(address -> ports.add(address.port()));
                } catch (UserFacingException e) {
                    // The commands of that cluster say so.
                }
            });
        }
        return ports;
    }

    /** Those of the configured clusters. */
    public static List<OwnedPlace> clusters(Configuration configuration) {
        List<OwnedPlace> places = new ArrayList<>();
        for (ClusterSettings each : configuration.clusters().values()) {
            each.dataDirectory()
                    .ifPresent(data -> places.addAll(ClusterPlaces.of("cluster '" + each.name() + "'", data)));
        }
        return places;
    }

    /**
     * The cluster in whose directories a repository is; empty if it is in none. There it would be lost with the
     * cluster.
     *
     * @param server the data directory of the server, where it is known
     */
    public static Optional<OwnedPlace> clusterAround(
            RepositorySettings settings, Configuration configuration, Optional<Path> server) {
        List<OwnedPlace> places = clusters(configuration);
        server.ifPresent(data -> places.addAll(ClusterPlaces.of("the server", data)));
        return directory(settings)
                .flatMap(path -> places.stream()
                        .filter(place -> place.relationOf(path)
                                .filter(relation -> relation != Relation.AROUND)
                                .isPresent())
                        .findFirst());
    }

    private static String named(RepositorySettings settings) {
        return "repository '" + settings.name() + "'";
    }

    /** The directory of a repository on a file system of this host; empty for any other. */
    public static Optional<Path> directory(RepositorySettings settings) {
        return "file".equals(settings.url().getScheme()) && settings.url().getPath() != null
                ? Optional.of(Path.of(settings.url().getPath()).normalize())
                : Optional.empty();
    }
}
