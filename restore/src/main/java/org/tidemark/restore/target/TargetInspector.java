// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.SystemUser;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.server.ServerPrograms;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.host.FreeFiles;
import org.tidemark.restore.host.MountPoints;
import org.tidemark.restore.plan.Renaming;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom.Move;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts;
import org.tidemark.restore.plan.TargetFacts.Content;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.plan.TargetFacts.Leaving;
import org.tidemark.restore.plan.TargetFacts.Near;
import org.tidemark.restore.plan.TargetFacts.Owner;
import org.tidemark.restore.request.RestoreRequest;

/** Looks at the directories that a plan would write, and changes nothing. */
public final class TargetInspector {
    private static final int OLDEST_MAJOR = 13;
    private static final int YOUNGEST_MAJOR = 30;

    /** What a data directory, or the directory of a tablespace, holds. */
    private static final Pattern OF_CLUSTER = Pattern.compile("PG_VERSION|PG_[0-9]+_[0-9]+");

    private final List<Path> clusters;
    private final List<OwnedPlace> places;

    public TargetInspector() {
        this(List.of(), List.of());
    }

    /**
     * Prepares it.
     *
     * @param clusters data directories that are known beside those of the servers that run
     * @param places what belongs to something, beside those servers
     */
    public TargetInspector(List<Path> clusters, List<OwnedPlace> places) {
        this.clusters = List.copyOf(clusters);
        this.places = List.copyOf(places);
    }

    /**
     * What the plan's directories are like now.
     *
     * @throws IOException if a directory cannot be looked into
     */
    public TargetFacts inspect(Chosen plan) throws IOException {
        MountPoints mounts = MountPoints.ofThisProcess();
        Map<Path, DirectoryFacts> facts = new HashMap<>();
        for (TargetDirectory target : plan.directories()) {
            facts.put(target.path(), facts(target.path(), mounts));
        }
        Path data = plan.request().directory();
        Optional<ClusterFacts> cluster = plan.request().occupied().isPresent() && Files.isDirectory(data)
                ? Optional.of(ClusterInspector.inspect(data, clusters))
                : Optional.empty();
        List<Leaving> leaving = leaving(plan, cluster, mounts);
        List<Path> written = new ArrayList<>(
                plan.directories().stream().map(TargetDirectory::path).toList());
        leaving.forEach(each -> written.add(each.path()));
        return new TargetFacts(facts, owner(data), installedMajors(), cluster, leaving, moved(data), near(written));
    }

    private static List<Move> moved(Path data) throws IOException {
        return RestoreMarker.find(data).stream()
                .flatMap(marker -> marker.moved().stream())
                .filter(each -> Files.isDirectory(each.to()))
                .toList();
    }

    /** What the directories have to do with places that belong to something. */
    private List<Near> near(List<Path> directories) throws IOException {
        List<OwnedPlace> all = new ArrayList<>(places);
        all.addAll(ClusterInspector.placesOfServers());
        List<Near> near = new ArrayList<>();
        for (Path each : directories) {
            for (OwnedPlace place : all) {
                place.relationOf(each).ifPresent(relation -> near.add(new Near(each, place, relation)));
            }
        }
        return near;
    }

    private static DirectoryFacts facts(Path directory, MountPoints mounts) throws IOException {
        Path existing = nearestExisting(directory);
        return new DirectoryFacts(
                content(directory),
                String.valueOf(Files.getAttribute(existing, "unix:dev")),
                DiskSpace.of(existing).map(DiskSpace::freeBytes),
                FreeFiles.of(existing),
                Files.isWritable(existing),
                existing.equals(directory) ? Optional.of(Renaming.of(existing, mounts)) : Optional.empty());
    }

    /** The tablespaces that a cluster has, and the backup lacks, each with the files of a version of PostgreSQL. */
    private static List<Leaving> leaving(Chosen plan, Optional<ClusterFacts> cluster, MountPoints mounts)
            throws IOException {
        List<Leaving> leaving = new ArrayList<>();
        if (cluster.isPresent() && plan.request().occupied().orElse(null) instanceof RestoreRequest.MoveAside) {
            Set<String> planned = plan.directories().stream()
                    .flatMap(each ->
                            each instanceof TargetDirectory.Tablespace of ? Stream.of(of.oid()) : Stream.empty())
                    .collect(Collectors.toSet());
            for (Map.Entry<String, Path> each :
                    new TreeMap<>(absoluteLinks(plan.request().directory())).entrySet()) {
                if (!planned.contains(each.getKey()) && Files.isDirectory(each.getValue())) {
                    leaving.add(new Leaving(
                            "tablespace " + each.getKey() + ", which the backup lacks,",
                            each.getValue(),
                            facts(each.getValue(), mounts)));
                }
            }
        }
        return leaving;
    }

    /**
     * The owner of the files that a restore into {@code directory} makes: the owner of the directory, or the present
     * user.
     */
    static Owner owner(Path directory) throws IOException {
        boolean exists = Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
        int uid = exists ? FileOwner.of(directory).uid() : FileOwner.current().uid();
        String name = exists ? Files.getOwner(directory).getName() : SystemUser.current();
        return new Owner(name, uid == 0);
    }

    private static Content content(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return new Content.Missing();
        }
        if (!Files.isDirectory(directory)) {
            return Files.exists(directory) || !Files.isSymbolicLink(directory)
                    ? new Content.NotADirectory()
                    : new Content.Dangling(Files.readSymbolicLink(directory));
        }
        if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
            return new Content.Unreadable();
        }
        if (exists(directory, "postmaster.pid")) {
            return new Content.Live();
        }
        Optional<RestoreMarker> marker = RestoreMarker.find(directory);
        if (marker.isPresent() && marker.get().isDelta()) {
            return new Content.Unfinished(marker.get().backupId());
        }
        if (marker.isPresent()) {
            // The first start renames backup_label; a restore writes pg_control last.
            if (exists(directory, ControlFile.PATH)) {
                return exists(directory, "backup_label")
                        ? restored(directory, marker.get().backupId())
                        : new Content.Used();
            }
            return new Content.CutOff(marker.get().backupId());
        }
        Optional<String> example = Optional.empty();
        List<String> proofs = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (OF_CLUSTER.matcher(name).matches()) {
                    proofs.add(name);
                }
                example = Optional.of(name);
            }
        }
        if (!proofs.isEmpty()) {
            return proofs.size() == 1
                    ? new Content.OfCluster(proofs.getFirst())
                    : new Content.OfSeveral(proofs.stream().sorted().toList());
        }
        return example.<Content>map(Content.Occupied::new).orElseGet(Content.Empty::new);
    }

    private static Content.Restored restored(Path directory, String backupId) throws IOException {
        return new Content.Restored(
                backupId,
                linksOf(directory),
                RestoreContents.SIGNALS.stream()
                        .filter(name -> exists(directory, name))
                        .collect(Collectors.toSet()));
    }

    /** Where the tablespaces of a data directory are, by their OID; none if it has none. */
    public static Map<String, Path> absoluteLinks(Path data) throws IOException {
        Map<String, Path> places = new HashMap<>();
        links(data.resolve("pg_tblspc")).forEach((oid, place) -> {
            if (place.isAbsolute()) {
                places.put(oid, place.normalize());
            }
        });
        return places;
    }

    /** Where the tablespaces of a data directory are, by their OID, and where pg_wal is, by its name. */
    static Map<String, Path> linksOf(Path data) throws IOException {
        Map<String, Path> links = links(data.resolve("pg_tblspc"));
        Path wal = data.resolve("pg_wal");
        if (Files.exists(wal, LinkOption.NOFOLLOW_LINKS)) {
            links.put("pg_wal", Files.isSymbolicLink(wal) ? Files.readSymbolicLink(wal) : wal);
        }
        return links;
    }

    private static Map<String, Path> links(Path directory) throws IOException {
        Map<String, Path> links = new HashMap<>();
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, Files::isSymbolicLink)) {
                for (Path link : entries) {
                    links.put(String.valueOf(link.getFileName()), Files.readSymbolicLink(link));
                }
            }
        }
        return links;
    }

    private static boolean exists(Path directory, String name) {
        return Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS);
    }

    private static Path nearestExisting(Path path) {
        Path existing = path;
        while (!Files.exists(existing)) {
            Path parent = existing.getParent();
            if (parent == null) {
                return existing;
            }
            existing = parent;
        }
        return existing;
    }

    private Set<Integer> installedMajors() {
        Set<Integer> found = new HashSet<>();
        for (int major = OLDEST_MAJOR; major <= YOUNGEST_MAJOR; major++) {
            if (ServerPrograms.find(Path.of("/"), major, "postgres").isPresent()) {
                found.add(major);
            }
        }
        return found;
    }
}
