// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * {@code init --replace-repository}: the operator says that the repository which this host remembers at an address was
 * removed or replaced on purpose. Otherwise a missing repository means a disk that is not mounted.
 */
final class Replacement {
    private final Session session;
    private final RepositorySettings settings;
    private final RepositoryId former;
    private final List<Finding> findings = new ArrayList<>();

    private Replacement(Session session, RepositorySettings settings, RepositoryId former) {
        this.session = session;
        this.settings = settings;
        this.former = former;
    }

    /**
     * Checks without changing anything.
     *
     * @param fstab the file systems that should be mounted
     * @param mounts the file systems that are mounted
     * @throws UserFacingException if there is nothing to replace, or if a disk is missing
     */
    static Replacement of(Session session, RepositorySettings settings, Path fstab, Path mounts) throws IOException {
        RepositoryId former = session.repositories()
                .rememberedId(settings)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "this host remembers no repository at the address of '" + settings.name() + "'",
                        "There is nothing to replace. Run: tidemark init"));
        requireMounted(settings, fstab, mounts);
        if (isThere(session, settings)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "repository '" + settings.name() + "' is the one that this host remembers, " + former,
                    "There is nothing to replace. See what it holds with: tidemark list-backup");
        }
        return new Replacement(session, settings, former);
    }

    private static boolean isThere(Session session, RepositorySettings settings) throws IOException {
        try {
            session.repository(settings);
            return true;
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.NO_REPOSITORY || e.exitCode() == ExitCode.OTHER_REPOSITORY) {
                return false;
            }
            throw e;
        } catch (StorageUnavailable e) {
            if (OpenRepositories.isDirectoryGone(settings)) {
                return false;
            }
            throw e;
        }
    }

    private static void requireMounted(RepositorySettings settings, Path fstab, Path mounts) throws IOException {
        String path = settings.url().getPath();
        if (!"file".equals(settings.url().getScheme()) || path == null || !Files.isReadable(fstab)) {
            return;
        }
        List<Path> mounted = mountPoints(mounts);
        for (Path point : mountPoints(fstab)) {
            if (Path.of(path).startsWith(point) && !mounted.contains(point)) {
                throw new UserFacingException(
                        ExitCode.STORE_UNAVAILABLE,
                        "'" + point + "' is in " + fstab + " and is not mounted",
                        "Mount it: the repository may be there. As root: mount '" + point + "'");
            }
        }
    }

    /** The second word of each line, in which a blank is written as {@code \\040}. */
    private static List<Path> mountPoints(Path table) throws IOException {
        return Files.readAllLines(table).stream()
                .map(String::strip)
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("\\s+", -1))
                .filter(words -> words.length > 1 && words[1].startsWith("/"))
                .map(words -> Path.of(words[1].replace("\\040", " ")).normalize())
                .toList();
    }

    /**
     * Registers the cluster in the new repository, which is created if there is none. The queue for the former
     * repository goes to the new one, for each cluster that is registered there: the clusters of this host that share
     * the repository are registered as in their other repositories.
     *
     * @return the result; {@link #findings} has the side effects
     */
    Registration.Result replace(Registration registration, Clock clock) throws IOException {
        OpenRepositories repositories = session.repositories();
        repositories.forget(settings);
        Registration.Result result;
        try {
            result = registration.register(settings);
        } catch (IOException | RuntimeException e) {
            if (repositories.rememberedId(settings).isEmpty()) {
                repositories.rememberAgain(settings, former);
            }
            throw e;
        }
        Repository successor = session.repository(settings);
        for (ClusterSettings cluster : session.configuration().clusters().values()) {
            if (repositoriesOf(cluster).contains(settings.name())) {
                register(cluster, successor, clock);
            }
        }
        for (PendingQueue queue : session.pending().queues()) {
            if (queue.repository().equals(former)) {
                handOver(queue, successor);
            }
        }
        return result;
    }

    /** A cluster that names no repositories uses all. */
    private Collection<String> repositoriesOf(ClusterSettings cluster) {
        return cluster.repositories().isEmpty()
                ? session.configuration().repositories().keySet()
                : cluster.repositories();
    }

    /** Taken from another repository of the cluster, so that its server need not be asked. */
    private void register(ClusterSettings cluster, Repository successor, Clock clock) throws IOException {
        for (String name : repositoriesOf(cluster)) {
            RepositorySettings other = session.configuration().repositories().get(name);
            if (other == null || name.equals(settings.name())) {
                continue;
            }
            try {
                for (ClusterArchive archive : session.repository(other).incarnations(cluster.name())) {
                    if (successor
                            .incarnation(cluster.name(), archive.identity().system())
                            .isEmpty()) {
                        successor.register(archive.identity(), clock);
                        findings.add(Finding.ok(
                                "registration",
                                "cluster '" + cluster.name() + "' (system identifier "
                                        + archive.identity().system() + ") was registered as in '" + name + "'"));
                    }
                }
            } catch (IOException | UserFacingException e) {
                findings.add(Finding.warning(
                        "registration",
                        "'" + name + "' does not say which clusters are registered: " + e.getMessage(),
                        "When it answers again, run: tidemark sync --cluster " + cluster.name()));
            }
        }
        if (successor.incarnations(cluster.name()).isEmpty()) {
            findings.add(Finding.warning(
                    "registration",
                    "cluster '" + cluster.name() + "' uses this repository, but is not registered in the new one",
                    "Register it: tidemark init --cluster " + cluster.name()));
        }
    }

    private void handOver(PendingQueue queue, Repository successor) throws IOException {
        boolean registered =
                successor.incarnation(queue.cluster(), queue.system()).isPresent();
        if (registered && queue.handOver(successor.id())) {
            return;
        }
        findings.add(Finding.warning(
                "queue",
                "WAL of cluster '" + queue.cluster() + "' that is queued for the former repository " + former
                        + " stays in '" + session.spool() + "'",
                registered
                        ? "The new one has a queue of its own; what it lacks is copied from other repositories:"
                                + " tidemark sync"
                        : "The cluster is not registered in the new one. Register it, then fill the repository:"
                                + " tidemark init --cluster " + queue.cluster() + ", then: tidemark sync --cluster "
                                + queue.cluster()));
    }

    /** What {@link #replace} did, or could not do, for other clusters. */
    List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** The repository that is replaced. */
    RepositoryId former() {
        return former;
    }
}
