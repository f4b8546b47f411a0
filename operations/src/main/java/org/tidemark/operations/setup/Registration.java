// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.RepositoryGuide;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.config.repository.StoreFactory;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PermissionDenied;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.store.StorageException.StorageUnavailable;

/** Registers one incarnation of a cluster in repositories, which are created if they do not exist. */
public final class Registration {
    private final Session session;
    private final ClusterIdentity identity;
    private final Clock clock;
    private final Other other;
    private final Keys keys;

    /** Whether another incarnation of the same cluster may be registered already. */
    public enum Other {
        ALLOWED,
        REFUSED
    }

    /** Whether this call gives recipients to a repository without them. */
    public enum Keys {
        CONFIGURED,
        MADE_NOW
    }

    /**
     * The result, actual or planned.
     *
     * @param id empty if the repository would have to be created first
     */
    public record Result(String repository, Optional<RepositoryId> id, boolean created, boolean registered) {}

    public Registration(Session session, ClusterIdentity identity, Clock clock, Other other, Keys keys) {
        this.session = session;
        this.identity = identity;
        this.clock = clock;
        this.other = other;
        this.keys = keys;
    }

    public Result register(RepositorySettings settings) throws IOException {
        if (!session.repositories().isRemembered(settings)) {
            StoreFactory.createRoot(settings);
        }
        Optional<Repository> found = find(settings);
        Repository repository =
                found.isPresent() ? found.get() : session.repositories().create(settings, accepts(settings), clock);
        boolean isNew = isNew(repository);
        repository.register(identity, clock);
        RepositoryGuide.store(repository.objects());
        return new Result(settings.name(), Optional.of(repository.id()), found.isEmpty(), isNew);
    }

    /**
     * A repository created with recipients accepts only encrypted objects, even from a host that does not name the
     * keys.
     */
    private WritePolicy accepts(RepositorySettings settings) {
        return keys == Keys.CONFIGURED && settings.keys().encryptTo().isEmpty()
                ? WritePolicy.ANYTHING
                : WritePolicy.ENCRYPTED_ONLY;
    }

    public Result wouldDo(RepositorySettings settings) throws IOException {
        Optional<Repository> found;
        try {
            found = find(settings);
        } catch (StorageUnavailable e) {
            if (session.repositories().isRemembered(settings)) {
                throw e;
            }
            // A directory to be created looks like an unmounted disk; only writing shows the difference.
            found = Optional.empty();
            requireMakeable(settings);
        }
        return new Result(
                settings.name(), found.map(Repository::id), found.isEmpty(), found.isEmpty() || isNew(found.get()));
    }

    /** Fails as {@link #register} would: that creates the directory with its parents. */
    private static void requireMakeable(RepositorySettings settings) {
        if (!OpenRepositories.isDirectoryGone(settings)) {
            return;
        }
        Path directory = Path.of(settings.url().getPath());
        Path existing = directory;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing != null && !(Files.isWritable(existing) && Files.isExecutable(existing))) {
            throw new UserFacingException(
                    ExitCode.STORE_DENIED,
                    "cannot create the directory '" + directory + "': " + PermissionDenied.describe(directory),
                    PermissionDenied.makeDirectory(directory));
        }
    }

    private Optional<Repository> find(RepositorySettings settings) throws IOException {
        try {
            return Optional.of(session.repository(settings));
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.NO_REPOSITORY
                    && !session.repositories().isRemembered(settings)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private boolean isNew(Repository repository) throws IOException {
        if (repository.incarnation(identity.cluster(), identity.system()).isPresent()) {
            return false;
        }
        List<ClusterArchive> others = repository.incarnations(identity.cluster());
        if (!others.isEmpty() && other == Other.REFUSED) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "cluster '" + identity.cluster() + "' is registered with system identifier "
                            + others.getLast().identity().system() + ", and the server has " + identity.system(),
                    "Is it another cluster? Give it a name of its own with --cluster NAME. Was it created again by"
                            + " initdb or pg_upgrade? Run this command again with --new-incarnation.");
        }
        return true;
    }
}
