// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Everything under one address. What the store says passes through as {@link org.tidemark.store.StorageException}, so
 * that callers with several repositories can tell; {@link StorageErrors} has the words for it. Thread-safe.
 */
public final class Repository {
    private final ObjectStore store;
    private final ObjectStore objects;
    private final Optional<RepairedStore> repairs;
    private final WritePolicy accepts;
    private final RepositoryId id;
    private final PrivateKeys privateKeys;

    /**
     * Which objects a repository accepts, from any host and whatever its configuration: decided once, by {@code init}.
     */
    public enum WritePolicy {
        ANYTHING,
        /** No unencrypted object but the kinds that never are. */
        ENCRYPTED_ONLY
    }

    private Repository(
            ObjectStore objects,
            Optional<RepairedStore> repairs,
            WritePolicy accepts,
            RepositoryId id,
            PrivateKeys privateKeys) {
        this.store = repairs.isPresent() ? repairs.get() : objects;
        this.objects = objects;
        this.repairs = repairs;
        this.accepts = accepts;
        this.id = id;
        this.privateKeys = privateKeys;
    }

    /** Makes a repository with an id of its own, or opens the one that is there already. */
    public static Repository create(ObjectStore store, Clock clock) throws IOException {
        return create(store, clock, WritePolicy.ANYTHING);
    }

    /** As {@link #create(ObjectStore, Clock)}; a repository that is there already stays as it is. */
    public static Repository create(ObjectStore store, Clock clock, WritePolicy accepts) throws IOException {
        RepositoryDocument document = new RepositoryDocument(RepositoryId.random(), accepts);
        try {
            store.putIfAbsent(RepositoryDocument.KEY, ObjectSource.of(document.write(clock.instant())));
        } catch (ObjectExists e) {
            // Somebody was first; whose repository it is, is read below.
        }
        return open(store, Optional.empty());
    }

    /**
     * Opens what {@link #create(ObjectStore, Clock)} made.
     *
     * @param expected the id that was seen at this address before
     * @throws UserFacingException with NO_REPOSITORY, OTHER_REPOSITORY, UNKNOWN_FORMAT or DAMAGED
     */
    public static Repository open(ObjectStore store, Optional<RepositoryId> expected) throws IOException {
        return open(store, expected, PrivateKeys.NONE, WritePolicy.ANYTHING);
    }

    /**
     * As {@link #open(ObjectStore, Optional)}, by the configuration of this host.
     *
     * @param privateKeys for reading encrypted objects; fetched when they are needed
     * @param policy what this host may store there; it may be stricter than the repository is
     */
    public static Repository open(
            ObjectStore store, Optional<RepositoryId> expected, PrivateKeys privateKeys, WritePolicy policy)
            throws IOException {
        RepositoryDocument document = read(store);
        RepositoryId found = document.id();
        if (expected.isPresent() && !expected.get().value().equals(found.value())) {
            throw new UserFacingException(
                    ExitCode.OTHER_REPOSITORY,
                    "another repository than before is at " + store.description() + ": expected " + expected.get()
                            + ", found " + found,
                    "Check that the right disk is mounted, and that the address is right.");
        }
        WritePolicy stricter = document.accepts() == WritePolicy.ANYTHING ? policy : WritePolicy.ENCRYPTED_ONLY;
        return new Repository(
                stricter == WritePolicy.ANYTHING ? store : new EncryptedOnlyStore(store),
                Optional.empty(),
                stricter,
                found,
                privateKeys);
    }

    private static RepositoryDocument read(ObjectStore store) throws IOException {
        try {
            return RepositoryDocument.fetch(store);
        } catch (ObjectMissing e) {
            throw new UserFacingException(
                    ExitCode.NO_REPOSITORY,
                    "there is no repository at " + store.description(),
                    isBucket(store)
                            ? "Check the address. If there was a repository, and the bucket keeps versions, its objects"
                                    + " may only be hidden: see docs/archive/security.md. To create a new one, run"
                                    + " 'tidemark init'."
                            : "Check that the disk is mounted. To create the repository there, run 'tidemark init'.",
                    e);
        } catch (DamagedObjectException e) {
            throw StorageErrors.explain(e);
        }
    }

    private static boolean isBucket(ObjectStore store) {
        return Stream.of("s3:", "gs:", "azure:", "swift:").anyMatch(store.description()::startsWith);
    }

    public RepositoryId id() {
        return id;
    }

    /** The objects as this repository reads them: with {@link #repairs}, where there are any. */
    public ObjectStore store() {
        return store;
    }

    /** The objects as they are stored, whatever replaces them. */
    public ObjectStore objects() {
        return objects;
    }

    /** The view of repaired copies and rejections; empty without {@link #withRepairs}. */
    public Optional<RepairedStore> repairs() {
        return repairs;
    }

    /** The same for a task, which another host may take over. */
    public Repository held(HeldStore.Hold hold) {
        return new Repository(new HeldStore(objects, hold), Optional.empty(), accepts, id, privateKeys);
    }

    /** The same repository, whose repaired copies are read in place of damaged objects, and no rejected content. */
    public Repository withRepairs() {
        return withRepairs(RepairedStore.LONGEST_BELIEVED);
    }

    /**
     * The same for a process that works for long.
     *
     * @param valid for how long a listing of the copies is believed
     */
    public Repository withRepairs(Duration valid) {
        return new Repository(objects, Optional.of(new RepairedStore(objects, valid)), accepts, id, privateKeys);
    }

    /** Which objects this host may store in it. */
    public WritePolicy accepts() {
        return accepts;
    }

    /** With what encrypted objects are read. */
    public PrivateKeys privateKeys() {
        return privateKeys;
    }

    /**
     * Asks whether the repository is still there and still the same: before "there is no such object" is believed,
     * since a directory whose disk was unmounted says that of everything.
     *
     * @throws UserFacingException as {@link #open} does
     */
    public void confirmPresent() throws IOException {
        open(store, Optional.of(id));
    }

    /**
     * The same where no repository was opened, since its identity may be damaged; another check reports that.
     *
     * @throws UserFacingException with NO_REPOSITORY
     */
    public static void confirmPresent(ObjectStore store) throws IOException {
        try {
            open(store, Optional.empty());
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.NO_REPOSITORY) {
                throw e;
            }
        }
    }

    /**
     * The time of the store's clock: that of a scratch object.
     *
     * @param mayNotDelete told if the credentials may not delete it; it stays then, as the format allows
     */
    public Instant storeTime(Consumer<StorageDenied> mayNotDelete) throws IOException {
        ObjectKey key = ObjectName.Scratch.of(UUID.randomUUID()).key();
        store.putIfAbsent(key, ObjectSource.shortLived(new byte[] {'\n'}));
        Optional<ObjectInfo> stored = store.stat(key);
        try {
            store.delete(List.of(key));
        } catch (StorageDenied e) {
            mayNotDelete.accept(e);
        }
        return stored.map(ObjectInfo::stored)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.STORE_UNAVAILABLE,
                        store.description() + " does not show an object that was stored a moment ago",
                        "Is something else deleting there? Run it again."));
    }

    /**
     * Every cluster with a registered incarnation, in byte order. Asks for one page a name, however much WAL there is.
     */
    public List<ClusterName> clusters() throws IOException {
        List<ClusterName> clusters = new ArrayList<>();
        for (String name : Listing.folders(store, "")) {
            Optional<ClusterName> cluster = IncarnationKeys.cluster(name);
            if (cluster.isPresent() && !systems(cluster.get()).isEmpty()) {
                clusters.add(cluster.get());
            }
        }
        confirmPresent();
        return List.copyOf(clusters);
    }

    /**
     * Every incarnation of a cluster, in byte order of the system identifiers.
     *
     * @throws DamagedObjectException if one has objects, but its {@code cluster.json} is damaged or gone
     */
    public List<ClusterArchive> incarnations(ClusterName cluster) throws IOException {
        List<ClusterArchive> incarnations = new ArrayList<>();
        for (SystemIdentifier system : systems(cluster)) {
            incarnations.add(incarnation(cluster, system)
                    .orElseThrow(() -> new DamagedObjectException(
                            new IncarnationKeys(cluster, system).identity(),
                            "it is missing, although other objects of the incarnation exist")));
        }
        confirmPresent();
        return List.copyOf(incarnations);
    }

    private List<SystemIdentifier> systems(ClusterName cluster) throws IOException {
        List<SystemIdentifier> systems = new ArrayList<>();
        for (String name : Listing.folders(store, IncarnationKeys.clusterPrefix(cluster))) {
            IncarnationKeys.system(name).ifPresent(systems::add);
        }
        return systems;
    }

    /** One incarnation; empty if the store answered that it is not registered. */
    public Optional<ClusterArchive> incarnation(ClusterName cluster, SystemIdentifier system) throws IOException {
        ObjectKey key = new IncarnationKeys(cluster, system).identity();
        try {
            byte[] document = ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES);
            return Optional.of(new ClusterArchive(this, ClusterDocument.read(document, key, cluster, system)));
        } catch (ObjectMissing e) {
            confirmPresent();
            return Optional.empty();
        }
    }

    /**
     * Registers an incarnation. The same identity again changes nothing.
     *
     * @throws UserFacingException with WRONG_CLUSTER if it is registered with another segment size, page size or
     *     version
     */
    public ClusterArchive register(ClusterIdentity identity, Clock clock) throws IOException {
        ObjectKey key = identity.keys().identity();
        try {
            store.putIfAbsent(key, ObjectSource.of(ClusterDocument.write(identity, clock.instant())));
        } catch (ObjectExists e) {
            // What is registered is compared below.
        }
        ClusterIdentity registered = ClusterDocument.read(
                ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES),
                key,
                identity.cluster(),
                identity.system());
        if (!registered.equals(identity)) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "cluster '" + identity.cluster() + "' with system identifier " + identity.system()
                            + " is registered with other properties: " + ClusterDocument.describe(registered)
                            + ", not " + ClusterDocument.describe(identity),
                    "Is this the cluster that was registered? These properties of a cluster never change.");
        }
        return new ClusterArchive(this, registered);
    }

    /** The form of {@code cluster.json}. */
    static final class ClusterDocument {
        private ClusterDocument() {}

        static byte[] write(ClusterIdentity identity, Instant created) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("cluster", identity.cluster().value());
            members.put("systemIdentifier", identity.system().toString());
            members.put("walSegmentSize", identity.walSegmentSize().bytes());
            members.put("pageSize", identity.pageSize());
            members.put("postgresMajor", identity.postgresMajor());
            members.put("created", created.toString());
            return ChecksummedJson.write(members);
        }

        /** Reads the document, which must be the one of this incarnation. */
        static ClusterIdentity read(byte[] document, ObjectKey key, ClusterName cluster, SystemIdentifier system)
                throws DamagedObjectException {
            try {
                JsonObject members = ChecksummedJson.read(document, key);
                ClusterIdentity identity = new ClusterIdentity(
                        new ClusterName(members.text("cluster")),
                        SystemIdentifier.parse(members.text("systemIdentifier")),
                        new WalSegmentSize(members.integer("walSegmentSize")),
                        members.integer("pageSize"),
                        members.integer("postgresMajor"));
                if (!identity.cluster().value().equals(cluster.value())
                        || identity.system().value() != system.value()) {
                    throw new DamagedObjectException(
                            key,
                            "it names cluster '" + identity.cluster() + "' with system identifier "
                                    + identity.system());
                }
                return identity;
            } catch (IllegalArgumentException e) {
                throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
            }
        }

        static String describe(ClusterIdentity identity) {
            return "PostgreSQL " + identity.postgresMajor() + " with segments of " + identity.walSegmentSize()
                    + " and pages of " + identity.pageSize() + " bytes";
        }
    }

    /**
     * What {@code tidemark.json} says. Immutable.
     *
     * @param id of the repository
     * @param accepts which objects it takes
     */
    private record RepositoryDocument(RepositoryId id, WritePolicy accepts) {
        static final ObjectKey KEY = new ObjectKey(ObjectName.RepositoryIdentity.NAME);

        private static final String ENCRYPTED = "encrypted";

        /** @throws DamagedObjectException if it is not what was written */
        static RepositoryDocument fetch(ObjectStore store) throws IOException {
            JsonObject members =
                    ChecksummedJson.read(ChecksummedJson.fetch(store, KEY, ChecksummedJson.SMALL_BYTES), KEY);
            try {
                return new RepositoryDocument(new RepositoryId(members.text("repositoryId")), accepts(members));
            } catch (IllegalArgumentException e) {
                throw new DamagedObjectException(KEY, String.valueOf(e.getMessage()), e);
            }
        }

        private static WritePolicy accepts(JsonObject members) {
            Optional<String> text = members.optionalText("accepts");
            if (text.isEmpty()) {
                return WritePolicy.ANYTHING;
            }
            if (text.get().equals(ENCRYPTED)) {
                return WritePolicy.ENCRYPTED_ONLY;
            }
            throw new UserFacingException(
                    ExitCode.UNKNOWN_FORMAT,
                    "'" + KEY + "' says that the repository accepts '" + text.get()
                            + "', which this program does not know",
                    "Was it made by a newer version of tidemark? Use that version.");
        }

        byte[] write(Instant created) {
            Map<String, String> members = new LinkedHashMap<>();
            members.put("repositoryId", id.value());
            members.put("created", created.toString());
            if (accepts == WritePolicy.ENCRYPTED_ONLY) {
                members.put("accepts", ENCRYPTED);
            }
            return ChecksummedJson.write(members);
        }
    }
}
