// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.wal.call.WalContext;

/** Pushes files of a cluster to its repositories, which are opened when first needed. Thread-safe. */
public final class Pusher {
    private final WalContext context;
    private final ClusterName cluster;
    private final List<PushTarget> targets;
    private final PushObserver observer;

    /** Nothing is opened yet. */
    public Pusher(WalContext context, ClusterName cluster, OpenRepositories repositories, PushObserver observer) {
        this.context = context;
        this.cluster = cluster;
        this.targets = context.repositories().stream()
                .map(settings -> new PushTarget(
                        settings.name(),
                        settings.encoding(),
                        settings.url().toString(),
                        new OpenedOnce(system -> archive(repositories, settings, cluster, system)),
                        () -> repositories.rememberedId(settings)))
                .toList();
        this.observer = observer;
    }

    /** Opens a single repository in a thread of its own, so that the store answers while a file is read and encoded. */
    public void begin(SystemIdentifier system) {
        if (targets.size() == 1 && targets.getFirst().opening() instanceof OpenedOnce only) {
            only.begin(system);
        }
    }

    /** Returns whether threads are left that still wait for a store. */
    public boolean push(PushRequest request) throws IOException {
        long begun = System.nanoTime();
        boolean abandoned = false;
        if (targets.size() == 1) {
            new WalPusher(targets.getFirst(), context.spool(), context.clock()).push(request);
        } else {
            abandoned = SeveralRepositories.push(context, cluster, targets, request, observer)
                    .abandoned();
        }
        observer.archived(request, Duration.ofNanos(System.nanoTime() - begun));
        return abandoned;
    }

    ClusterName cluster() {
        return cluster;
    }

    List<PushTarget> targets() {
        return targets;
    }

    PushObserver observer() {
        return observer;
    }

    private static ClusterArchive archive(
            OpenRepositories repositories, RepositorySettings settings, ClusterName cluster, SystemIdentifier system)
            throws IOException {
        return repositories
                .open(settings)
                .incarnation(cluster, system)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.WRONG_CLUSTER,
                        "system identifier " + system + " is not registered for cluster '" + cluster + "' in '"
                                + settings.name() + "'",
                        "Is this another cluster? Then give it a name and an archive of its own. If '" + cluster
                                + "' was created again by initdb or pg_upgrade, run: tidemark init --cluster " + cluster
                                + " --new-incarnation"));
    }

    /** Opens an archive once for all files; a failure is not kept. Thread-safe. */
    private static final class OpenedOnce implements PushTarget.Opening {
        private final PushTarget.Opening opening;
        private @Nullable ClusterArchive archive;
        private @Nullable Future<ClusterArchive> begun;

        OpenedOnce(PushTarget.Opening opening) {
            this.opening = opening;
        }

        synchronized void begin(SystemIdentifier system) {
            FutureTask<ClusterArchive> task = new FutureTask<>(() -> opening.open(system));
            Thread thread = new Thread(task, "opening");
            thread.setDaemon(true);
            thread.start();
            begun = task;
        }

        @Override
        public synchronized ClusterArchive open(SystemIdentifier system) throws IOException {
            ClusterArchive known = archive;
            if (known == null || known.identity().system().value() != system.value()) {
                Future<ClusterArchive> task = begun;
                begun = null;
                known = task == null ? opening.open(system) : resultOf(task);
                archive = known;
            }
            return known;
        }

        private static ClusterArchive resultOf(Future<ClusterArchive> task) throws IOException {
            try {
                return task.get();
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                if (cause instanceof IOException problem) {
                    throw problem;
                }
                if (cause instanceof RuntimeException problem) {
                    throw problem;
                }
                throw new IllegalStateException(cause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the repository was opened");
            }
        }
    }
}
