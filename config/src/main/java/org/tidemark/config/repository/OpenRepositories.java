// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The repositories of one run: each is opened once, must be the one that this host saw at its address before, and is
 * closed with this. Thread-safe.
 */
public final class OpenRepositories implements AutoCloseable {
    private static final String MEMORY = "repositories";

    private final Path spool;
    private final PrintStream warnings;
    private final SeenRepositories seen;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    /**
     * The repository of one name. Its own lock is held while it is opened, so that a hanging store does not block the
     * others.
     */
    private static final class Entry {
        private volatile @Nullable ObjectStore store;
        private volatile @Nullable Repository repository;
    }

    /**
     * A spool directory that does not exist is created when an id is first saved.
     *
     * @param warnings for the warning that ids cannot be saved; not closed
     */
    public OpenRepositories(Path spool, PrintStream warnings) {
        this.spool = spool;
        this.warnings = warnings;
        this.seen = new SeenRepositories(memory(spool));
    }

    /** The directory of a spool that changes when this host learns of a repository, or forgets one. */
    public static Path memory(Path spool) {
        return spool.resolve(MEMORY);
    }

    /**
     * The repository, which must exist.
     *
     * @throws UserFacingException with NO_REPOSITORY, OTHER_REPOSITORY, UNKNOWN_FORMAT, DAMAGED, or USAGE for an
     *     invalid address
     */
    public Repository open(RepositorySettings settings) throws IOException {
        Entry entry = entry(settings);
        synchronized (entry) {
            Repository known = entry.repository;
            if (known != null) {
                return known;
            }
            String address = RepositoryAddress.of(settings);
            Optional<RepositoryId> expected = seen.expectedId(address);
            Repository repository = openExpected(settings, expected);
            if (expected.isEmpty()) {
                remember(address, repository.id());
            }
            entry.repository = repository;
            return repository;
        }
    }

    /**
     * The same for a process that stays: the repository is there now. If its store refuses the credentials, the store
     * is opened again, which reads secrets from their files and commands again.
     */
    @SuppressWarnings("ReferenceEquality") // this very store, which has connections of its own
    public Repository openPresent(RepositorySettings settings) throws IOException {
        Entry entry = entry(settings);
        ObjectStore before = storeOf(entry);
        try {
            return present(settings);
        } catch (StorageDenied e) {
            synchronized (entry) {
                // Another thread may have opened it again meanwhile, and use it.
                if (before != null && entry.store == before) {
                    entry.store = null;
                    entry.repository = null;
                    before.close();
                }
            }
            return present(settings);
        }
    }

    private static @Nullable ObjectStore storeOf(Entry entry) {
        synchronized (entry) {
            return entry.store;
        }
    }

    private Repository present(RepositorySettings settings) throws IOException {
        Repository repository = open(settings);
        repository.confirmPresent();
        return repository;
    }

    private Repository openExpected(RepositorySettings settings, Optional<RepositoryId> expected) throws IOException {
        try {
            return Repository.open(store(settings), expected, privateKeys(settings), policy(settings));
        } catch (UserFacingException e) {
            boolean gone = e.exitCode() == ExitCode.NO_REPOSITORY || e.exitCode() == ExitCode.OTHER_REPOSITORY;
            if (expected.isPresent() && gone) {
                throw new UserFacingException(e.exitCode(), e.getMessage(), ifReplaced(settings), e);
            }
            throw e;
        } catch (StorageUnavailable e) {
            if (expected.isPresent() && isDirectoryGone(settings)) {
                throw new StorageUnavailable(e.getMessage(), ifReplaced(settings), e);
            }
            throw e;
        }
    }

    /** What this host may store there: where keys to encrypt to are configured, nothing is stored without. */
    private static WritePolicy policy(RepositorySettings settings) {
        return settings.keys().encryptTo().isEmpty() ? WritePolicy.ANYTHING : WritePolicy.ENCRYPTED_ONLY;
    }

    /** Whether the repository is a directory that does not exist: its disk may not be mounted. */
    public static boolean isDirectoryGone(RepositorySettings settings) {
        String path = settings.url().getPath();
        return "file".equals(settings.url().getScheme()) && path != null && !Files.exists(Path.of(path));
    }

    private static String ifReplaced(RepositorySettings settings) {
        String look = "file".equals(settings.url().getScheme())
                ? "First check that its disk is mounted: findmnt -T '"
                        + settings.url().getPath() + "'. "
                : "First check that the address is right: tidemark config. ";
        return look + "Only if the repository was removed or replaced on purpose, run: "
                + CopyableCommand.of("init", "--replace-repository", settings.name());
    }

    /** The next {@link #open} of each asks again which repository is at its address; connections stay open. */
    public void askAgain() {
        entries.values().forEach(entry -> entry.repository = null);
    }

    /** Forgets which repository was at the address; the next {@link #open} saves the id that it finds. */
    public Optional<RepositoryId> forget(RepositorySettings settings) throws IOException {
        return seen.forget(RepositoryAddress.of(settings));
    }

    /** Undoes {@link #forget}. */
    public void rememberAgain(RepositorySettings settings, RepositoryId id) {
        seen.remember(RepositoryAddress.of(settings), id);
    }

    /** The keys to read the repository's encrypted objects; nothing is fetched yet. */
    public static PrivateKeys privateKeys(RepositorySettings settings) {
        return KeySource.of(settings);
    }

    private Entry entry(RepositorySettings settings) {
        // Not by address: two names may give one address different options or keys, so each name has its own store.
        String key = settings.name() + ' ' + settings.url();
        Entry known = entries.get(key);
        if (known == null) {
            Entry fresh = new Entry();
            known = entries.putIfAbsent(key, fresh);
            known = known == null ? fresh : known;
        }
        return known;
    }

    /**
     * Creates the repository in a prepared store and saves its id. The caller has checked that this host has seen no
     * repository at the address.
     */
    public Repository create(RepositorySettings settings, WritePolicy accepts, Clock clock) throws IOException {
        Repository.create(store(settings), clock, accepts);
        return open(settings);
    }

    /** Whether this host saw a repository at the address before. */
    public boolean isRemembered(RepositorySettings settings) {
        return rememberedId(settings).isPresent();
    }

    /** The id of the repository that this host saw at the address before; the store is not asked. */
    public Optional<RepositoryId> rememberedId(RepositorySettings settings) {
        return seen.expectedId(RepositoryAddress.of(settings));
    }

    /** The store at the repository's address, whether or not there is a repository. It is closed with this. */
    public ObjectStore store(RepositorySettings settings) {
        Entry entry = entry(settings);
        synchronized (entry) {
            ObjectStore store = entry.store;
            if (store == null) {
                store = StoreFactory.open(settings, new StoreMemory(spool, settings));
                entry.store = store;
            }
            return store;
        }
    }

    private void remember(String address, RepositoryId id) throws IOException {
        try {
            SpoolDirectory.make(spool);
            seen.remember(address, id);
        } catch (IOException e) {
            warn(
                    "cannot create the spool directory '" + spool + "': " + FileProblem.of(e),
                    "Set host.spool to a directory that this user can write to.");
        } catch (UserFacingException e) {
            if (e.exitCode() != ExitCode.LOCAL_FILES) {
                throw e;
            }
            warn(String.valueOf(e.getMessage()), e.hint());
        }
    }

    /** A host without a writable spool can still restore: it only cannot compare ids with those seen before. */
    private void warn(String message, String hint) {
        warnings.println("WARNING: " + message);
        warnings.println("HINT: " + hint);
    }

    @Override
    public void close() {
        for (Entry entry : entries.values()) {
            ObjectStore store = entry.store;
            if (store != null) {
                store.close();
            }
        }
    }
}
