// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.RepositoryReadings;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.ListedBackup.State;
import org.tidemark.operations.wal.CountedBefore;
import org.tidemark.operations.wal.WalReading;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.BackupProblem;
import org.tidemark.recoverability.BackupWal;
import org.tidemark.recoverability.CatalogSnapshot;

/** The backups of a cluster's incarnations over the repositories of a session, while that is open. */
public final class BackupListing {
    private final Map<Key, List<StoredBackup>> found = new LinkedHashMap<>();
    private final Map<ClusterArchive, WalInventory> inventories = new LinkedHashMap<>();
    private final Map<ClusterArchive, String> names = new LinkedHashMap<>();
    private final Map<ClusterArchive, BackupMarks> marks = new LinkedHashMap<>();
    private final List<StoredBackup> stored = new ArrayList<>();
    private final List<Finding> warnings = new ArrayList<>();
    /** They wait for nothing: their WAL is archived. */
    private final Set<StoredBackup> withoutDescription = new HashSet<>();

    /** Made once, since each asks much of ten thousand backups. */
    private final Map<ClusterArchive, CatalogSnapshot> catalogs = new HashMap<>();

    private final Map<ClusterIdentity, CatalogSnapshot> unions = new HashMap<>();

    private final Instant now;
    private final RepositoryReadings repositories;

    private record Key(SystemIdentifier system, BackupId id) {}

    private BackupListing(Session session, WalReading wal, Instant now) {
        this.now = now;
        repositories = RepositoryReadings.of(session, settings -> {
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                add(
                        settings.name(),
                        archive,
                        session.backups(archive),
                        settings.retention().minimumRedundancy(),
                        () -> wal.of(session, archive, now));
            }
        });
    }

    /**
     * Lists the backups in each repository of the session.
     *
     * @param now tells a backup that runs from one that was interrupted
     */
    public static BackupListing of(Session session, WalReading wal, Instant now) {
        return new BackupListing(session, wal, now);
    }

    private interface InventorySource {
        WalInventory read() throws IOException;
    }

    /** Nothing is added if a part of it cannot be read. */
    private void add(String repository, ClusterArchive archive, BackupCatalog catalog, int newest, InventorySource wal)
            throws IOException {
        List<CatalogEntry> entries = new ArrayList<>();
        for (CatalogEntry entry : catalog.listObjectsOfNewest(newest, now)) {
            entries.add(
                    entry instanceof CatalogEntry.Unpublished each
                            ? UnfinishedCopy.withNewest(each, catalog, now)
                            : entry);
        }
        inventories.put(archive, wal.read());
        names.put(archive, repository);
        readMarks(repository, archive, catalog);
        for (CatalogEntry entry : entries) {
            StoredBackup each = new StoredBackup(repository, archive, entry);
            stored.add(each);
            if (entry instanceof CatalogEntry.Unpublished left
                    && UnfinishedCopy.isOf(left, now) == State.WAITING
                    && hasItsWal(archive, catalog, left.id())) {
                withoutDescription.add(each);
            }
            found.computeIfAbsent(new Key(each.system(), each.id()), ignored -> new ArrayList<>())
                    .add(each);
        }
    }

    private boolean hasItsWal(ClusterArchive archive, BackupCatalog catalog, BackupId id) throws IOException {
        WalInventory wal = Objects.requireNonNull(inventories.get(archive), "listed before");
        Optional<byte[]> document = catalog.waiting(id);
        try {
            return document.isPresent()
                    && catalog.describe(id, document.get())
                            .wal()
                            .segments(archive.identity().walSegmentSize())
                            .allMatch(wal::contains);
        } catch (DamagedObjectException e) {
            return false; // Nobody can tell which WAL it needs.
        }
    }

    /** A listing without the marks is better than none. */
    private void readMarks(String repository, ClusterArchive archive, BackupCatalog catalog) {
        try {
            BackupMarks read = catalog.marks();
            marks.put(archive, read);
            read.damaged().forEach(problem -> warn(repository, problem, "Look for more with: tidemark verify --all"));
            read.walDamage()
                    .ifPresent(damage -> warn(
                            repository,
                            "verify found " + Amounts.count(damage.problems(), "problem", "problems")
                                    + " in WAL outside the backups, at " + Amounts.second(damage.at()),
                            "See what is damaged with: tidemark verify --all"));
        } catch (IOException | UserFacingException e) {
            UserFacingException why = StorageErrors.explain(e);
            warn(
                    repository,
                    "its marks (results of verify, keeps, annotations) cannot be read: " + why.getMessage(),
                    why.hint());
        }
    }

    private void warn(String repository, String message, String hint) {
        warnings.add(Finding.warning("marks", "'" + repository + "': " + message, hint)
                .of(repository));
    }

    /** Which repositories could be read. */
    public RepositoryReadings repositories() {
        return repositories;
    }

    /** Warnings to print with the list. */
    public List<Finding> warnings() {
        return List.copyOf(warnings);
    }

    /** When each repository's copy of a backup was verified, and how many problems it had then. */
    public Map<String, Mark.Verified> verified(ListedBackup backup) {
        Map<String, Mark.Verified> verified = new LinkedHashMap<>();
        for (StoredBackup copy : copies(backup)) {
            BackupMarks known = marksOf(copy);
            known.damage(copy.id())
                    .or(() -> known.verified(copy.id()))
                    .ifPresent(mark -> verified.put(copy.repository(), mark));
        }
        return verified;
    }

    /**
     * The keep that is in force, by the repository that it holds for. A damaged mark, which {@link #warnings} names,
     * may be another one.
     */
    public Map<String, Mark.Kept> kept(ListedBackup backup, Instant now) {
        Map<String, Mark.Kept> kept = new LinkedHashMap<>();
        for (StoredBackup copy : copies(backup)) {
            marksOf(copy).keep(copy.id(), now).ifPresent(keep -> kept.put(copy.repository(), keep));
        }
        return kept;
    }

    /** The operator's description of a backup: the latest in any repository. */
    public Optional<String> annotation(ListedBackup backup) {
        return Mark.annotation(copies(backup).stream()
                        .flatMap(copy -> marksOf(copy).of(copy.id()).stream())
                        .toList())
                .map(Mark.Annotated::text);
    }

    private List<StoredBackup> copies(ListedBackup backup) {
        return found.getOrDefault(new Key(backup.system(), backup.id()), List.of()).stream()
                .filter(copy -> backup.repositories().contains(copy.repository()))
                .toList();
    }

    private BackupMarks marksOf(StoredBackup copy) {
        return marks.getOrDefault(copy.archive(), BackupMarks.NONE);
    }

    /** Every copy of every backup, in the order in which repositories were added. */
    public List<StoredBackup> stored() {
        return List.copyOf(stored);
    }

    /** The marks of each archive; none of one whose marks cannot be read. */
    public Map<ClusterArchive, BackupMarks> marks() {
        return new LinkedHashMap<>(marks);
    }

    public Map<ClusterArchive, WalInventory> inventories() {
        return new LinkedHashMap<>(inventories);
    }

    /** Whether the copy of a backup in a repository lacks objects. */
    public boolean lacksObjects(ListedBackup backup, String repository) {
        return copies(backup).stream()
                .anyMatch(copy -> copy.repository().equals(repository)
                        && copy.entry() instanceof CatalogEntry.Published full
                        && full.lacking().isPresent());
    }

    /** When the objects of the backups of an incarnation were listed: the oldest of these moments. */
    public Optional<Instant> objectsListed(ClusterIdentity identity) {
        return stored.stream()
                .filter(each -> each.archive().identity().equals(identity))
                .flatMap(each -> each.entry() instanceof CatalogEntry.Published backup
                                && backup.objects() instanceof BackupObjects.Complete complete
                        ? Stream.of(complete.at())
                        : Stream.empty())
                .min(Comparator.naturalOrder());
    }

    /** Which of the WAL was not listed for this. */
    public List<CountedBefore> counted() {
        List<CountedBefore> counted = new ArrayList<>();
        inventories.forEach(
                (archive, inventory) -> CountedBefore.of(repositoryOf(archive), archive.identity(), inventory)
                        .ifPresent(counted::add));
        return counted;
    }

    /** Every incarnation that a repository knows, the newest first. */
    public List<ClusterIdentity> incarnations() {
        return inventories.keySet().stream()
                .map(ClusterArchive::identity)
                .distinct()
                .toList()
                .reversed();
    }

    /** The content of one incarnation in all repositories that were read. */
    public CatalogSnapshot catalog(ClusterIdentity identity) {
        return unions.computeIfAbsent(
                identity,
                each -> CatalogSnapshot.union(
                        each.walSegmentSize(),
                        inventories.keySet().stream()
                                .filter(archive -> archive.identity().equals(each))
                                .map(this::catalog)
                                .toList()));
    }

    /** The WAL that a recovery reads after a backup, by that of all repositories that were listed. */
    public BackupWal walOf(BaseBackup backup) {
        ClusterIdentity identity = inventories.keySet().stream()
                .map(ClusterArchive::identity)
                .filter(each -> each.system().equals(backup.origin().system()))
                .findFirst()
                .orElseThrow();
        return BackupWal.of(catalog(identity), backup);
    }

    /** The content of one incarnation in one of the repositories that were read. */
    public CatalogSnapshot catalog(ClusterArchive archive) {
        return catalogs.computeIfAbsent(
                archive,
                each -> CatalogSnapshot.of(
                        repositoryOf(each),
                        IncarnationListing.of(
                                each.identity(),
                                Objects.requireNonNull(inventories.get(each), "not listed"),
                                stored.stream()
                                        .filter(backup -> backup.archive() == each)
                                        .map(StoredBackup::entry)
                                        .toList(),
                                marks.getOrDefault(each, BackupMarks.NONE))));
    }

    /** What expiry removed of the WAL of one incarnation, in any of the repositories. */
    public List<RemovedWal> removedWal(ClusterIdentity identity) {
        return inventories.entrySet().stream()
                .filter(each -> each.getKey().identity().equals(identity))
                .flatMap(each -> each.getValue().removed().stream())
                .toList();
    }

    /** The name of the repository that an archive is in. */
    public String repositoryOf(ClusterArchive archive) {
        return names.getOrDefault(archive, "");
    }

    /** The WAL that a repository lacks and another one has. */
    public List<LackingWal> lackingWal(ClusterIdentity identity, Instant now) {
        List<LackingWal.RepositoryContent> all = new ArrayList<>();
        inventories.forEach((archive, inventory) -> {
            if (archive.identity().equals(identity)) {
                List<BaseBackup> backups = stored.stream()
                        .filter(each -> each.archive() == archive)
                        .map(StoredBackup::entry)
                        .filter(CatalogEntry.Published.class::isInstance)
                        .map(entry -> ((CatalogEntry.Published) entry).backup())
                        .toList();
                all.add(new LackingWal.RepositoryContent(repositoryOf(archive), archive, inventory, backups));
            }
        });
        return LackingWal.of(all, now);
    }

    /** Oldest first, one entry for all copies of a backup. Two different backups with the same id are not copies. */
    public List<ListedBackup> backups() {
        Map<SystemIdentifier, Candidates> catalogs = new LinkedHashMap<>();
        inventories
                .keySet()
                .forEach(archive -> catalogs.computeIfAbsent(
                        archive.identity().system(), system -> Candidates.of(catalog(archive.identity()))));
        List<ListedBackup> listed = new ArrayList<>();
        found.forEach((key, all) -> {
            Candidates catalog = Objects.requireNonNull(catalogs.get(key.system()), "listed with its inventory");
            List<List<StoredBackup>> different = different(all);
            for (List<StoredBackup> copies : different) {
                ListedBackup one = listed(key, copies, catalog);
                listed.add(
                        different.size() == 1
                                ? one
                                : one.with("another repository holds a different backup with" + " this id"));
            }
        });
        listed.sort(ListedBackup.ORDER);
        return listed;
    }

    /** The copies of one id, grouped by description; unreadable copies belong to the first group. */
    private static List<List<StoredBackup>> different(List<StoredBackup> all) {
        if (all.size() == 1) {
            return List.of(all);
        }
        Map<BaseBackup, List<StoredBackup>> published = new LinkedHashMap<>();
        List<StoredBackup> others = new ArrayList<>();
        for (StoredBackup each : all) {
            if (each.entry() instanceof CatalogEntry.Published full) {
                published
                        .computeIfAbsent(full.backup(), any -> new ArrayList<>())
                        .add(each);
            } else {
                others.add(each);
            }
        }
        if (published.size() <= 1) {
            return List.of(all);
        }
        List<List<StoredBackup>> different = new ArrayList<>(published.values());
        different.getFirst().addAll(others);
        return different;
    }

    /** What recoveries begin with, of one incarnation. */
    private record Candidates(CatalogSnapshot catalog, Map<String, List<BackupCandidate>> byId) {
        static Candidates of(CatalogSnapshot catalog) {
            return new Candidates(catalog, catalog.backupsById());
        }

        /** Why no recovery can begin with it. */
        List<BackupProblem> problems(StoredBackup copy) {
            return byId.getOrDefault(copy.id().value(), List.of()).stream()
                    .filter(each -> each.repositories().contains(copy.repository()))
                    .findFirst()
                    .map(catalog::problems)
                    .orElse(List.of());
        }
    }

    private ListedBackup listed(Key key, List<StoredBackup> copies, Candidates catalog) {
        List<String> repositories = new ArrayList<>();
        CopyRemarks failing = new CopyRemarks(copies.size());
        CopyRemarks remarks = new CopyRemarks(copies.size());
        Optional<BaseBackup> backup = Optional.empty();
        boolean published = false;
        Optional<State> unfinished = Optional.empty();
        List<BackupProblem> against = List.of();
        for (StoredBackup copy : copies) {
            switch (copy.entry()) {
                case CatalogEntry.Published full -> {
                    published = true;
                    backup = Optional.of(full.backup());
                    repositories.add(copy.repository());
                    against = catalog.problems(copy);
                    tell(copy, full, failing, remarks);
                }
                case CatalogEntry.Unreadable unreadable -> {
                    published = true;
                    repositories.add(copy.repository());
                    failing.add(copy.repository(), unreadable.problem());
                }
                case CatalogEntry.Unpublished remains -> {
                    State state = UnfinishedCopy.isOf(remains, now);
                    unfinished = unfinished
                            .filter(known -> known.compareTo(state) <= 0)
                            .or(() -> Optional.of(state));
                    remarks.add(
                            copy.repository(),
                            withoutDescription.contains(copy)
                                    ? "its backup.json is missing, although its WAL is archived; 'tidemark cron' stores"
                                            + " it"
                                    : UnfinishedCopy.words(remains, now));
                }
            }
        }
        List<String> problems = new ArrayList<>(failing.texts());
        List<String> notes = new ArrayList<>(remarks.texts());
        backup.map(BaseBackup::contents)
                .filter(contents -> contents.damagedPagesCount() > 0)
                .map(contents -> Amounts.count(contents.damagedPagesCount(), "damaged page", "damaged pages"))
                .ifPresent(count -> notes.add(count + " in the cluster itself"));
        backup.map(each -> each.run().warnings().size())
                .filter(count -> count > 0)
                .ifPresent(count -> notes.add(Amounts.count(count, "warning", "warnings") + " when it was taken"));
        backup.flatMap(BaseBackup::name).ifPresent(name -> notes.addFirst('"' + name + '"'));
        for (BackupProblem each : against) {
            switch (each) {
                case BackupProblem.Damaged _ -> {} // told of each copy
                case BackupProblem.NoHistory history ->
                    problems.addFirst("the history of timeline " + history.timeline() + " is not archived");
                case BackupProblem.MissingWal missing ->
                    problems.addFirst("its WAL is not complete: " + missing.problem());
            }
        }
        State state = backup.isPresent() && against.isEmpty()
                ? State.COMPLETE
                : published ? State.BROKEN : unfinished.orElse(State.INTERRUPTED);
        return new ListedBackup(key.id(), key.system(), backup, state, repositories, problems, notes);
    }

    /** Adds what is known of the data of one copy. */
    private void tell(StoredBackup copy, CatalogEntry.Published full, CopyRemarks problems, CopyRemarks remarks) {
        full.lacking().ifPresent(lacking -> problems.add(copy.repository(), lacking.problem()));
        BackupMarks known = marksOf(copy);
        Optional<Mark.Verified> damage = known.damage(copy.id());
        if (damage.isPresent()) {
            problems.add(
                    copy.repository(),
                    Amounts.count(damage.get().problems(), "problem", "problems") + " when verified "
                            + day(damage.get().at()));
        } else {
            known.verified(copy.id())
                    .ifPresent(mark -> remarks.add(copy.repository(), "verified " + day(mark.readSince())));
        }
    }

    private static String day(Instant at) {
        return Amounts.minute(at).substring(0, 10);
    }
}
