// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.store.ObjectKey;

/** Collects findings, a bounded number of them. Thread-safe. */
final class Findings {
    private final List<ObjectFinding> problems = new ArrayList<>();
    /** Where in the list a problem is, by key and text: two backups may find the same of an object that both have. */
    private final Map<String, Integer> places = new HashMap<>();

    private final List<ObjectFinding> notes = new ArrayList<>();
    private final Set<BackupId> unsound = new HashSet<>();
    private final Map<BackupId, Damage> damage = new HashMap<>();
    private final Map<IncarnationKeys, Damage> unownedWal = new HashMap<>();
    private Optional<String> unmarked = Optional.empty();
    private long problemCount;
    private final Set<BackupId> undecryptableBackups = new HashSet<>();
    private long noteCount;
    private long undecryptableCount;
    private long objects;
    private long bytes;

    /** @param owners every backup that needs the object */
    void damaged(DamagedObjectException damage, Collection<BackupId> owners) {
        problem(damage.key(), owners, "is damaged: " + damage.problem());
    }

    /** @param owners every backup that needs the object */
    synchronized void problem(ObjectKey key, Collection<BackupId> owners, String text) {
        if (ObjectName.parse(key) instanceof ObjectName.Configuration) {
            unreadable(key, List.of(), text + "; the backup can be restored without it");
            return;
        }
        owners.forEach(
                owner -> damage.computeIfAbsent(owner, any -> new Damage()).add(key));
        if (owners.isEmpty()) {
            switch (ObjectName.parse(key)) {
                case ObjectName.Wal wal -> unownedWal(wal.incarnation()).add(key);
                case ObjectName.History history ->
                    unownedWal(history.incarnation()).add(key);
                case ObjectName.Repaired copy -> unownedWal(copy.incarnation()).add(key);
                case ObjectName.IncarnationIdentity _,
                        ObjectName.OfBackup _,
                        ObjectName.WalMark _,
                        ObjectName.RemovedWal _,
                        ObjectName.GivenUpWal _,
                        ObjectName.Attempt _,
                        ObjectName.DrillEvidence _,
                        ObjectName.StreamPiece _,
                        ObjectName.Rejection _,
                        ObjectName.Unknown _,
                        ObjectName.RepositoryIdentity _,
                        ObjectName.Guide _,
                        ObjectName.Scratch _,
                        ObjectName.Foreign _ -> {}
            }
        }
        unreadable(key, owners, text);
    }

    /**
     * A problem that says nothing about the object: another key, or a newer program, may read it. So it is not noted in
     * the repository as damage.
     */
    synchronized void unreadable(ObjectKey key, Collection<BackupId> owners, String text) {
        unsound.addAll(owners);
        String problem = key + " " + text;
        @Nullable Integer place = places.get(problem);
        if (place != null) {
            Set<BackupId> all = new LinkedHashSet<>(problems.get(place).backups());
            all.addAll(owners);
            problems.set(place, new ObjectFinding(Severity.PROBLEM, key, List.copyOf(all), text));
            return;
        }
        problemCount++;
        if (problems.size() < VerifyReport.MAX_FINDINGS) {
            places.put(problem, problems.size());
            problems.add(new ObjectFinding(Severity.PROBLEM, key, List.copyOf(owners), text));
        }
    }

    synchronized void note(ObjectKey key, Optional<BackupId> backup, String text) {
        noteCount++;
        if (notes.size() < VerifyReport.MAX_FINDINGS) {
            notes.add(new ObjectFinding(Severity.NOTE, key, backup.stream().toList(), text));
        }
    }

    /** Nothing of ours is there. */
    void foreign(ObjectKey key) {
        note(key, Optional.empty(), "is not an object of a repository, and was not checked");
    }

    synchronized void read(long sizeBytes) {
        objects++;
        bytes += sizeBytes;
    }

    /** An object is encrypted, and its content was not compared for want of a private key. */
    synchronized void undecryptable(Collection<BackupId> owners) {
        undecryptableCount++;
        undecryptableBackups.addAll(owners);
    }

    synchronized boolean isUndecryptable(BackupId backup) {
        return undecryptableBackups.contains(backup);
    }

    synchronized boolean isSound(BackupId backup) {
        return !unsound.contains(backup);
    }

    /** The objects of a backup that are damaged or missing. */
    synchronized KnownDamage damage(BackupId backup) {
        return damage.getOrDefault(backup, new Damage()).known();
    }

    /**
     * The objects of WAL and histories that are damaged or missing, and that no backup needs by itself; foreign copies.
     */
    synchronized KnownDamage walDamage(IncarnationKeys incarnation) {
        return unownedWal.getOrDefault(incarnation, new Damage()).known();
    }

    private Damage unownedWal(IncarnationKeys incarnation) {
        return unownedWal.computeIfAbsent(incarnation, any -> new Damage());
    }

    /**
     * Damaged and missing objects. Immutable.
     *
     * @param count how many there are
     * @param keys below the incarnation, in their order; as many as a mark may name
     */
    record KnownDamage(long count, List<String> keys) {
        KnownDamage {
            keys = List.copyOf(keys);
        }
    }

    private static final class Damage {
        private final TreeSet<String> keys = new TreeSet<>();
        private long count;

        void add(ObjectKey key) {
            String rest = IncarnationKeys.of(key)
                    .map(incarnation ->
                            key.value().substring(incarnation.prefix().length()))
                    .orElse(key.value());
            if (keys.contains(rest)) {
                return;
            }
            count++;
            if (keys.size() < Mark.Verified.MAX_DAMAGED) {
                keys.add(rest);
            }
        }

        KnownDamage known() {
            return new KnownDamage(count, List.copyOf(keys));
        }
    }

    /** What was found could not be noted in the repository. */
    synchronized void unmarked(String why) {
        unmarked = Optional.of(why);
    }

    synchronized void report(Verifier.Listener listener) {
        listener.progress(objects, bytes);
    }

    synchronized VerifyReport report(List<BackupId> sound) {
        List<ObjectFinding> all = new ArrayList<>(problems);
        all.addAll(notes.subList(0, Math.min(notes.size(), VerifyReport.MAX_FINDINGS - problems.size())));
        return new VerifyReport(all, problemCount, noteCount, objects, bytes, undecryptableCount, sound, unmarked);
    }
}
