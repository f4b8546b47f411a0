// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.BackupToVerify.Expected;
import org.tidemark.catalog.verify.CheckPool.Compared;
import org.tidemark.catalog.verify.ObjectChecks.Container;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.IoAction;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Visits the listed objects of one incarnation: takes down that they are there, and reads them at once, or plans that
 * for a budget. Used by one thread.
 */
final class ObjectVisitor implements Listing.Visitor {
    private final ObjectStore store;
    private final IncarnationKeys incarnation;
    private final Verifier.Options options;
    private final VerificationMarks marks;
    private final Findings findings;
    private final CheckPool pool;
    private final boolean listsAll;
    private final ObjectChecks checks;
    private final Map<ObjectKey, Expected> expected;
    private final Map<BackupId, BackupToVerify> backups;
    private final NeededWal needed;
    private final Map<BackupId, List<PlannedRead>> planned = new HashMap<>();

    /**
     * A visitor.
     *
     * @param listsAll whether every object below the incarnation is listed
     * @param expected the objects that backups need; it may grow until the first visit
     * @param backups those that were removed may be left out later
     */
    ObjectVisitor(
            ObjectStore store,
            VerificationMarks marks,
            CheckPool pool,
            boolean listsAll,
            Map<ObjectKey, Expected> expected,
            Map<BackupId, BackupToVerify> backups) {
        this.store = store;
        this.incarnation = marks.incarnation();
        this.options = marks.options();
        this.marks = marks;
        this.findings = marks.findings();
        this.pool = pool;
        this.listsAll = listsAll;
        this.checks = new ObjectChecks(store, marks.privateKeys(), incarnation.system(), options.scope(), findings);
        this.expected = expected;
        this.backups = backups;
        this.needed = new NeededWal(backups.values());
    }

    /** An object that a budget may be spent on. */
    record PlannedRead(ObjectKey key, long sizeBytes, List<BackupId> owners, IoAction.Returning<Compared> check) {}

    private void plan(Collection<BackupToVerify> owners, PlannedRead read) {
        if (options.extent() instanceof Extent.Budget) {
            owners.forEach(owner -> planned.computeIfAbsent(owner.id(), any -> new ArrayList<>())
                    .add(read));
        }
    }

    /** Whether an object is read at once. */
    private boolean isWanted(ObjectKey key, boolean isUnread) {
        return switch (options.extent()) {
            case Extent.Unmarked _ -> isUnread;
            case Extent.Everything _ -> isUnread || listsAll;
            case Extent.Sample sample -> sample.takes(key);
            case Extent.Budget _ -> false;
        };
    }

    private void read(Collection<BackupToVerify> owners, PlannedRead read) throws IOException {
        plan(owners, read);
        if (isWanted(read.key(), owners.stream().anyMatch(owner -> !owner.isMarked()))) {
            pool.submit(read.key(), read.sizeBytes(), read.owners(), read.check());
        }
    }

    /** What can be read of a backup, for a budget. */
    List<PlannedRead> planned(BackupToVerify backup) {
        return planned.getOrDefault(backup.id(), List.of());
    }

    @Override
    public void visit(ObjectInfo object) throws IOException {
        switch (ObjectName.parse(incarnation, object.key())) {
            case ObjectName.Wal wal -> visitWal(wal, object);
            case ObjectName.History history -> visitHistory(history.file(), object);
            case ObjectName.BackupData data -> visitBackupData(data, object);
            case ObjectName.BundleList bundles -> visitBundleList(bundles.keys().id(), object);
            case ObjectName.IncarnationIdentity identity -> submit(object, () -> checks.identity(identity));
            // Read in the place of the damaged object.
            case ObjectName.Repaired _ -> {}
            // Read already, when the backups were listed.
            case ObjectName.BackupDocument _ -> {}
            case ObjectName.StreamPiece piece -> visitPiece(piece, object);
            case ObjectName.Intent _,
                    ObjectName.WaitingDocument _,
                    ObjectName.WalMark _,
                    ObjectName.BackupMark _,
                    ObjectName.Tombstone _,
                    ObjectName.GivenUpWal _,
                    ObjectName.RemovedWal _,
                    ObjectName.Attempt _,
                    ObjectName.Rejection _ ->
                submit(object, () -> checks.document(object.key(), ChecksummedJson.SMALL_BYTES));
            case ObjectName.DrillEvidence _ ->
                submit(object, () -> checks.document(object.key(), DrillEvidence.MAX_BYTES));
            case ObjectName.Unknown _ -> findings.foreign(object.key());
        }
    }

    /** A piece means nothing any more once its segment is archived; until then it is all that there is of it. */
    private void visitPiece(ObjectName.StreamPiece stored, ObjectInfo object) throws IOException {
        if (store.stat(incarnation.of(stored.piece().segment())).isEmpty()) {
            submit(
                    object,
                    () -> checks.container(
                                    object.key(),
                                    ContainerKind.PIECE,
                                    stored.piece().name())
                            .compared());
        }
    }

    private void visitWal(ObjectName.Wal wal, ObjectInfo object) throws IOException {
        List<BackupToVerify> owners = owners(wal);
        if (wal.file() instanceof WalFile.Segment segment) {
            owners.forEach(backup -> backup.see(segment));
        }
        read(owners, reading(wal, object, owners));
    }

    private List<BackupToVerify> owners(ObjectName.Wal wal) {
        return wal.file() instanceof WalFile.Segment segment ? needed.by(segment) : List.of();
    }

    private PlannedRead reading(ObjectName.Wal wal, ObjectInfo object, List<BackupToVerify> owners) {
        return new PlannedRead(object.key(), object.sizeBytes(), ids(owners), () -> {
            Container found = wal.file() instanceof WalFile.Segment segment
                    ? checks.segment(incarnation, segment, options.walContent())
                    : checks.container(
                            object.key(), ContainerKind.WAL, wal.file().name());
            if (wal instanceof ObjectName.Partial named
                    && !found.digests().plain().hex().startsWith(named.partial().digestStart())) {
                throw new DamagedObjectException(object.key(), "its content is not the one that its key names");
            }
            return found.compared();
        });
    }

    private void visitHistory(WalFile.TimelineHistoryFile file, ObjectInfo object) throws IOException {
        List<BackupToVerify> owners = owners(file);
        read(owners, reading(file, object, owners));
    }

    private List<BackupToVerify> owners(WalFile.TimelineHistoryFile history) {
        return backups.values().stream()
                .filter(backup -> backup.sees(history.timeline()))
                .toList();
    }

    private PlannedRead reading(WalFile.TimelineHistoryFile file, ObjectInfo object, List<BackupToVerify> owners) {
        return new PlannedRead(
                object.key(),
                object.sizeBytes(),
                ids(owners),
                () -> checks.history(object.key(), file.timeline(), file.name()));
    }

    /** How an object of the WAL or a history is read; empty if it is something else. */
    Optional<PlannedRead> walReading(ObjectInfo object) {
        return switch (ObjectName.parse(incarnation, object.key())) {
            case ObjectName.Wal wal -> Optional.of(reading(wal, object, owners(wal)));
            case ObjectName.History history -> Optional.of(reading(history.file(), object, owners(history.file())));
            case ObjectName.IncarnationIdentity _,
                    ObjectName.OfBackup _,
                    ObjectName.WalMark _,
                    ObjectName.RemovedWal _,
                    ObjectName.GivenUpWal _,
                    ObjectName.Attempt _,
                    ObjectName.DrillEvidence _,
                    ObjectName.Repaired _,
                    ObjectName.StreamPiece _,
                    ObjectName.Rejection _,
                    ObjectName.Unknown _ -> Optional.empty();
        };
    }

    private static List<BackupId> ids(List<BackupToVerify> backups) {
        return backups.stream().map(BackupToVerify::id).toList();
    }

    private void visitBackupData(ObjectName.BackupData what, ObjectInfo object) throws IOException {
        BackupId id = what.keys().id();
        Expected known = expected.get(object.key());
        if (known == null) {
            if (backups.containsKey(id)) {
                findings.note(object.key(), Optional.of(id), "is not referenced by the backup it is stored under");
            }
            submit(object, () -> checks.remains(what, object));
            return;
        }
        known.see(object.sizeBytes());
        if (!known.isIntact()) {
            findings.problem(
                    object.key(),
                    known.owners(),
                    "has " + object.sizeBytes() + " bytes, but was stored with "
                            + known.object().sizeBytes());
        } else {
            List<BackupToVerify> owners = known.owners().stream()
                    .map(backups::get)
                    .filter(Objects::nonNull)
                    .toList();
            // Of a part that several backups have, the reading of one manifest would tell that one alone.
            boolean isReadWithManifest = what instanceof ObjectName.ManifestPart
                    && owners.size() == 1
                    && owners.stream().allMatch(each -> readsManifest(each.backup()))
                    && options.extent() instanceof Extent.Budget;
            if (!isReadWithManifest) {
                read(
                        owners,
                        new PlannedRead(
                                object.key(), object.sizeBytes(), known.owners(), () -> checks.expected(known)));
            }
        }
    }

    private void visitBundleList(BackupId id, ObjectInfo object) throws IOException {
        // That of a published backup was read when the backups were listed.
        if (!backups.containsKey(id)) {
            submit(
                    object,
                    () -> checks.container(object.key(), ContainerKind.BUNDLES, id.value())
                            .compared());
        }
    }

    private void submit(ObjectInfo object, IoAction.Returning<Compared> check) throws IOException {
        if (listsAll && isWanted(object.key(), true)) {
            pool.submit(object.key(), object.sizeBytes(), List.of(), check);
        }
    }

    private boolean readsManifest(BaseBackup backup) {
        return options.scope() == Scope.ALL && !marks.isUndecryptable(backup);
    }

    /** Of a part that others have too and that is not as it was stored, the damage is that of all. */
    private Compared readManifest(ManifestChecks manifests, BackupToVerify backup) throws IOException {
        try {
            return manifests.read(backup);
        } catch (DamagedObjectException e) {
            Optional<Expected> part = Optional.ofNullable(expected.get(e.key()))
                    .filter(each -> each.owners().size() > 1);
            Optional<DamagedObjectException> damage = part.isPresent() ? checks.damage(part.get()) : Optional.empty();
            if (damage.isEmpty()) {
                throw e;
            }
            findings.damaged(damage.get(), part.get().owners());
            return Compared.WHAT_WAS_ASKED;
        }
    }

    /** Reads the manifests of backups, as far as they are wanted and no part of them is missing. */
    void readManifests(ManifestChecks manifests) throws IOException {
        for (BackupToVerify each : backups.values()) {
            if (readsManifest(each.backup()) && manifests.canCheck(each)) {
                long sizeBytes = each.backup().manifests().entrySet().stream()
                        .filter(part -> part.getKey() instanceof ObjectName.ManifestPart)
                        .mapToLong(part -> part.getValue().sizeBytes())
                        .sum();
                ObjectKey key = each.backup().keys().backup();
                plan(
                        List.of(each),
                        new PlannedRead(key, sizeBytes, List.of(each.id()), () -> readManifest(manifests, each)));
                if (isWanted(key, !each.isMarked())) {
                    // Its parts were counted when they were listed.
                    pool.submit(key, 0, List.of(each.id()), () -> readManifest(manifests, each));
                }
            }
        }
    }
}
