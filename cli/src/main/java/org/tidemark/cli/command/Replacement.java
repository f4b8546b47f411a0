// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import org.tidemark.archiver.spool.PendingQueue;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.cli.output.Output;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * {@code init --replace-repository}: the operator says that the repository which this host remembers at an address was
 * removed or replaced on purpose. Everything else that looks like that is a disk that is not mounted.
 */
final class Replacement {
    private final Workplace workplace;
    private final RepositorySettings settings;
    private final RepositoryId former;

    private Replacement(Workplace workplace, RepositorySettings settings, RepositoryId former) {
        this.workplace = workplace;
        this.settings = settings;
        this.former = former;
    }

    /**
     * Looks, and changes nothing.
     *
     * @param fstab which file systems belong where
     * @param mounts which are there
     * @throws UserFacingException if there is nothing to replace, or if a disk is missing
     */
    static Replacement of(Workplace workplace, RepositorySettings settings, Path fstab, Path mounts)
            throws IOException {
        RepositoryId former = workplace
                .repositories()
                .rememberedId(settings)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "this host remembers no repository at the address of '" + settings.name() + "'",
                        "There is nothing to replace. Run: tidemark init"));
        requireMounted(settings, fstab, mounts);
        if (isThere(workplace, settings)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "repository '" + settings.name() + "' is the one that this host remembers, " + former,
                    "There is nothing to replace. See what it holds with: tidemark list-backup");
        }
        return new Replacement(workplace, settings, former);
    }

    private static boolean isThere(Workplace workplace, RepositorySettings settings) throws IOException {
        try {
            workplace.repository(settings);
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
                        "Mount it: the repository may well be there. As root: mount '" + point + "'");
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
     * Registers the cluster in what is there now, which is created if nothing is. What is queued for the former
     * repository goes to the new one, for each cluster that is registered in it: the clusters of this host that share
     * the repository are registered as their other repositories know them.
     */
    Registration.Result replace(Registration registration, Clock clock, Output output) throws IOException {
        OpenRepositories repositories = workplace.repositories();
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
        Repository successor = workplace.repository(settings);
        for (ClusterSettings cluster : workplace.configuration().clusters().values()) {
            if (repositoriesOf(cluster).contains(settings.name())) {
                register(cluster, successor, clock, output);
            }
        }
        for (PendingQueue queue : workplace.pending().queues()) {
            if (queue.repository().equals(former)) {
                handOver(queue, successor, output);
            }
        }
        return result;
    }

    /** A cluster that names none uses all. */
    private Collection<String> repositoriesOf(ClusterSettings cluster) {
        return cluster.repositories().isEmpty()
                ? workplace.configuration().repositories().keySet()
                : cluster.repositories();
    }

    /** As another repository knows the cluster, so that its server need not be asked. */
    private void register(ClusterSettings cluster, Repository successor, Clock clock, Output output)
            throws IOException {
        for (String name : repositoriesOf(cluster)) {
            RepositorySettings other = workplace.configuration().repositories().get(name);
            if (other == null || name.equals(settings.name())) {
                continue;
            }
            try {
                for (ClusterArchive archive : workplace.repository(other).incarnations(cluster.name())) {
                    if (successor
                            .incarnation(cluster.name(), archive.identity().system())
                            .isEmpty()) {
                        successor.register(archive.identity(), clock);
                        output.say("cluster '" + cluster.name() + "' (system identifier "
                                + archive.identity().system() + ") was registered as in '" + name + "'");
                    }
                }
            } catch (IOException | UserFacingException e) {
                output.warn(
                        "'" + name + "' cannot be asked which clusters are registered: " + e.getMessage(),
                        "When it answers again, run: tidemark sync --cluster " + cluster.name());
            }
        }
        if (successor.incarnations(cluster.name()).isEmpty()) {
            output.warn(
                    "cluster '" + cluster.name() + "' uses this repository, and is not registered in the new one",
                    "Register it: tidemark init --cluster " + cluster.name());
        }
    }

    private void handOver(PendingQueue queue, Repository successor, Output output) throws IOException {
        boolean registered =
                successor.incarnation(queue.cluster(), queue.system()).isPresent();
        if (registered && queue.handOver(successor.id())) {
            return;
        }
        output.warn(
                "WAL of cluster '" + queue.cluster() + "' that is queued for the former repository " + former
                        + " stays in '" + workplace.spool() + "'",
                registered
                        ? "The new one has a queue of its own; what it lacks is copied from other repositories:"
                                + " tidemark sync"
                        : "The cluster is not registered in the new one. Register it, then fill the repository:"
                                + " tidemark init --cluster " + queue.cluster() + " and tidemark sync --cluster "
                                + queue.cluster());
    }

    String text(boolean dryRun) {
        return "repository '" + settings.name() + "': " + former + (dryRun ? " would be" : " was") + " replaced";
    }
}
