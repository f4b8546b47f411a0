// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Soundness;
import org.tidemark.catalog.Soundness.Answer;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * One run over one incarnation: finds the objects that must be there, lists them, and tells which are missing. Used by
 * one thread.
 */
final class IncarnationVerification {
    private final ObjectStore store;
    private final Soundness soundness;
    private final IncarnationKeys incarnation;
    private final Verifier.Options options;
    private final Findings findings;
    private final CheckPool pool;
    private final Optional<BackupId> only;
    /** Whether every object below the incarnation is listed. */
    private final boolean listsAll;

    private final BackupCatalog catalog;
    private final VerificationMarks marks;
    private final Map<ObjectKey, Expected> expected = new LinkedHashMap<>();
    private final Map<BackupId, BackupToVerify> backups = new LinkedHashMap<>();
    private final List<CatalogEntry.Unpublished> unpublished = new ArrayList<>();
    private final Set<ObjectKey> readByBudget = new HashSet<>();
    private final ObjectVisitor visitor;

    /**
     * Reads what the repository says of backups, and of earlier verifications.
     *
     * @param only one backup, its WAL, and nothing else
     * @throws UserFacingException {@link ExitCode#NO_BACKUP} if nothing is there under {@code only}
     */
    IncarnationVerification(
            ObjectStore store,
            PrivateKeys privateKeys,
            IncarnationKeys incarnation,
            Verifier.Options options,
            Clock clock,
            Findings findings,
            CheckPool pool,
            Optional<BackupId> only)
            throws IOException {
        this.store = store;
        this.soundness = new Soundness(store, store);
        this.incarnation = incarnation;
        this.options = options;
        this.findings = findings;
        this.pool = pool;
        this.only = only;
        this.listsAll = only.isEmpty()
                && (options.extent() instanceof Extent.Everything || options.extent() instanceof Extent.Sample);
        this.catalog = new BackupCatalog(store, privateKeys, incarnation.cluster(), incarnation.system());
        List<CatalogEntry> entries = only.isEmpty()
                ? catalog.list()
                : catalog.entry(only.get()).stream().toList();
        if (only.isPresent() && entries.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "there is no backup '" + only.get() + "' of cluster '" + incarnation.cluster() + "' in "
                            + store.description(),
                    "List the backups with: tidemark list-backup");
        }
        this.marks = VerificationMarks.read(catalog, privateKeys, incarnation, options, clock, findings, only);
        entries.forEach(this::add);
        this.visitor = new ObjectVisitor(store, marks, pool, listsAll, expected, backups);
    }

    /** Gives the backups that are sound. */
    List<BackupId> run() throws IOException {
        look();
        pool.finish();
        removeGone();
        return marks.conclude(backups.values(), listsAll && options.extent() instanceof Extent.Everything);
    }

    /** Leaves out the backups that an expiry removed meanwhile. */
    void removeGone() {
        backups.values()
                .removeIf(each -> pool.removed().isKnownToBeGone(each.backup().keys()));
    }

    /** Looks for every object that must be there, and begins to read, unless a budget decides when. */
    void look() throws IOException {
        if (only.isEmpty()) {
            findForeignCopies();
        }
        if (options.subject() == Subject.WAL) {
            noteUnpublished();
            visitAll(listsAll ? Set.of(incarnation.histories(), incarnation.wal()) : Set.of());
            return;
        }
        if (only.isEmpty() && !(options.extent() instanceof Extent.Budget)) {
            for (DrillChain chain : new DrillChains(store, incarnation).read()) {
                chain.problems().forEach(each -> findings.problem(each.key(), List.of(), each.text()));
            }
        }
        expectObjects();
        noteUnpublished();
        visitAll(prefixes());
        if (only.isPresent()) {
            for (BackupToVerify each : backups.values()) {
                visitWalOf(each.backup());
            }
        }
        findMissing();
        visitor.readManifests(new ManifestChecks(catalog, expected));
    }

    private void visitAll(Set<String> prefixes) throws IOException {
        for (String prefix : prefixes) {
            Listing.visit(store, prefix, visitor);
        }
    }

    /**
     * A copy that is whole, and has other bytes than what is read under its name: a repair has the same bytes as the
     * object had, so somebody else stored it. Where content was rejected, other content takes its place.
     */
    private void findForeignCopies() throws IOException {
        Set<ObjectKey> rejected = new HashSet<>();
        Map<ObjectInfo, ObjectName.Repaired> copies = new LinkedHashMap<>();
        Listing.visit(store, incarnation.repaired(), object -> {
            ObjectName.OfIncarnation name = ObjectName.parse(incarnation, object.key());
            if (name instanceof ObjectName.Repaired copy) {
                copies.put(object, copy);
            } else if (name instanceof ObjectName.Rejection rejection) {
                rejected.add(rejection.original());
            }
        });
        for (Map.Entry<ObjectInfo, ObjectName.Repaired> each : copies.entrySet()) {
            ObjectInfo object = each.getKey();
            ObjectKey original = each.getValue().original();
            if (!rejected.contains(original)) {
                pool.submit(object.key(), object.sizeBytes(), List.of(), () -> checkCopy(object, original));
            }
        }
    }

    private Compared checkCopy(ObjectInfo copy, ObjectKey original) throws IOException {
        StoredObject found = read(copy.key());
        if (store.stat(original).isPresent() && !found.equals(read(original))) {
            ObjectName.OfIncarnation name = ObjectName.parse(incarnation, original);
            boolean isWhole = soundness.ask(name, copy.key(), copy.sizeBytes()) == Answer.SOUND
                    && !hasSameContent(name, copy.key(), original);
            String text = "is not read in place of '" + original + "', which is whole itself or has another copy";
            if (isWhole) {
                findings.problem(
                        copy.key(),
                        List.of(),
                        text + ", and has other bytes: sync did not store it. Find out who did, and remove it");
            } else {
                findings.note(copy.key(), Optional.empty(), text);
            }
        }
        return Compared.WHAT_WAS_ASKED;
    }

    /** WAL that was repaired from another repository may be compressed, or encrypted, otherwise. */
    private boolean hasSameContent(ObjectName.OfIncarnation name, ObjectKey copy, ObjectKey original)
            throws IOException {
        Optional<Sha256> content = soundness.content(name, copy);
        return content.isPresent() && content.equals(soundness.content(name, original));
    }

    private StoredObject read(ObjectKey key) throws IOException {
        try (InputStream in = store.open(key, ByteRange.ALL)) {
            return StoredObject.of(in);
        }
    }

    VerificationMarks marks() {
        return marks;
    }

    IncarnationKeys incarnation() {
        return incarnation;
    }

    CheckPool pool() {
        return pool;
    }

    ObjectVisitor visitor() {
        return visitor;
    }

    Findings findings() {
        return findings;
    }

    Collection<BackupToVerify> backups() {
        return Collections.unmodifiableCollection(backups.values());
    }

    /** Whether a backup is there, as far as is known. */
    boolean has(BackupId backup) {
        return backups.containsKey(backup);
    }

    /** The objects that were read at the expense of a budget; it grows. */
    Set<ObjectKey> readByBudget() {
        return readByBudget;
    }

    /** Whether the WAL is verified, and not one backup alone. */
    boolean coversWal() {
        return only.isEmpty();
    }

    private Set<String> prefixes() {
        if (listsAll) {
            return Set.of(incarnation.prefix());
        }
        Set<String> prefixes = new TreeSet<>(Set.of(incarnation.histories()));
        if (only.isEmpty()) {
            for (BackupToVerify each : backups.values()) {
                prefixes.add(incarnation.timeline(each.backup().wal().timeline()));
            }
            prefixes.add(incarnation.backups());
        } else {
            expected.values()
                    .forEach(object -> prefixes.add(object.name().keys().data()));
            prefixes.add(incarnation.backup(only.get()).data());
        }
        return prefixes;
    }

    private void add(CatalogEntry entry) {
        switch (entry) {
            case CatalogEntry.Published published -> {
                BaseBackup backup = published.backup();
                backups.put(backup.id(), new BackupToVerify(backup, marks.past(backup)));
            }
            case CatalogEntry.Unreadable unreadable ->
                findings.problem(
                        catalog.keys(unreadable.id()).backup(),
                        List.of(unreadable.id()),
                        "cannot be used: " + unreadable.problem());
            case CatalogEntry.Unpublished each -> unpublished.add(each);
        }
    }

    /** Notes what is no backup, unless it has what a backup refers to: then it has its purpose. */
    private void noteUnpublished() {
        Set<BackupId> used = expected.values().stream()
                .map(object -> object.name().keys().id())
                .collect(Collectors.toSet());
        for (CatalogEntry.Unpublished each : unpublished) {
            if (!used.contains(each.id())) {
                findings.note(
                        catalog.keys(each.id()).intent(),
                        Optional.of(each.id()),
                        switch (each.stage()) {
                            case REMOVED -> "is left of a backup that was removed; the next expire deletes it";
                            case WAITING -> "belongs to a backup that waits for its WAL";
                            case UNFINISHED -> "belongs to no complete backup: one is in progress, or was interrupted";
                        });
            }
        }
    }

    /** Reads the bundle list and the intent of every backup, several at a time, and expects what they name. */
    private void expectObjects() throws IOException {
        Map<BackupId, Collection<BundleRef>> bundles = new ConcurrentHashMap<>();
        Set<BackupId> complete = ConcurrentHashMap.newKeySet();
        try (CheckPool documents = pool.forDocuments()) {
            for (BackupToVerify each : backups.values()) {
                BaseBackup backup = each.backup();
                List<BackupId> owner = List.of(backup.id());
                documents.submit(
                        backup.keys().bundles(), backup.objects().bundles().sizeBytes(), owner, () -> {
                            Collection<BundleRef> listed =
                                    catalog.bundles(backup).values();
                            bundles.put(backup.id(), listed);
                            requireAllData(backup, listed);
                            complete.add(backup.id());
                            return Compared.WHAT_WAS_ASKED;
                        });
                documents.submit(backup.keys().intent(), 0, owner, () -> checkNonce(backup));
            }
            documents.finish();
        }
        for (BackupToVerify each : backups.values()) {
            expectObjects(each, bundles.getOrDefault(each.id(), List.of()));
            if (complete.contains(each.id())) {
                each.listBundles();
            }
        }
    }

    private void expectObjects(BackupToVerify each, Collection<BundleRef> bundles) {
        BaseBackup backup = each.backup();
        for (BundleRef bundle : bundles) {
            expect(each, new ObjectName.Bundle(catalog.keys(bundle.id()), bundle.number()), bundle.object());
        }
        backup.listed().forEach((part, object) -> expect(each, part, object));
    }

    private static void requireAllData(BaseBackup backup, Collection<BundleRef> bundles) throws DamagedObjectException {
        long data = bundles.stream().mapToLong(BundleRef::live).sum();
        if (data != backup.contents().dataSizeBytes()) {
            throw new DamagedObjectException(
                    backup.keys().bundles(),
                    "it lists " + data + " bytes of data, and the backup has "
                            + backup.contents().dataSizeBytes());
        }
    }

    private void expect(BackupToVerify owner, ObjectName.BackupData name, StoredObject object) {
        ObjectKey key = name.key();
        Expected entry = expected.computeIfAbsent(
                key, any -> new Expected(name, object, owner.backup().objects().encryption()));
        entry.addOwner(owner, object).ifPresent(problem -> findings.problem(key, List.of(owner.id()), problem));
    }

    private Compared checkNonce(BaseBackup backup) throws IOException {
        boolean ours = catalog.intent(backup.id())
                .filter(intent -> intent.nonce().equals(backup.objects().nonce()))
                .isPresent();
        if (!ours) {
            throw new DamagedObjectException(
                    backup.keys().intent(), "it does not say who claimed the id of the backup, or is missing");
        }
        return Compared.WHAT_WAS_ASKED;
    }

    /** The WAL that one backup needs, which is a small part of its timeline. */
    private void visitWalOf(BaseBackup backup) throws IOException {
        ObjectKey last = incarnation.of(backup.walLast());
        Listing listing = Listing.from(
                incarnation.of(backup.walFirst()),
                store,
                incarnation.timeline(backup.wal().timeline()));
        for (ObjectInfo object = listing.next();
                object != null && object.key().compareTo(last) <= 0;
                object = listing.next()) {
            visitor.visit(object);
        }
    }

    private void findMissing() throws IOException {
        for (var each : expected.entrySet()) {
            if (!each.getValue().wasSeen()) {
                pool.missing(each.getKey(), each.getValue().owners());
            }
        }
        for (BackupToVerify each : backups.values()) {
            if (each.missingSegments() > 0
                    && pool.removed().isGone(each.backup().keys())) {
                continue;
            }
            List<BackupId> owner = List.of(each.id());
            if (each.lacksHistory()) {
                findings.problem(
                        each.backup().keys().backup(),
                        owner,
                        "needs the history of timeline " + each.backup().wal().timeline() + ", which is not archived");
            }
            if (each.missingSegments() > 0 && !options.otherWal().standsIn(incarnation, each.backup())) {
                findings.problem(
                        each.backup().keys().backup(),
                        owner,
                        "needs WAL that is not archived: " + each.firstMissing()
                                + (each.missingSegments() == 1
                                        ? ""
                                        : " and " + (each.missingSegments() - 1) + " more segments"));
            }
        }
    }
}
