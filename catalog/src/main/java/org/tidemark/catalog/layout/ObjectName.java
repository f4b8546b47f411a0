// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Optional;
import java.util.UUID;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/**
 * What a key says that its object is: every kind of object of the format. {@code parse(key).key()} is {@code key},
 * whatever the key. Code that acts on objects by their kind switches over this without {@code default}, so that a new
 * kind does not compile until each such place has decided about it. Immutable.
 */
public sealed interface ObjectName {
    default ObjectKey key() {
        return switch (this) {
            case RepositoryIdentity _ -> new ObjectKey(RepositoryIdentity.NAME);
            case Guide guide -> new ObjectKey(guide.name);
            case Scratch scratch -> scratch.key();
            case Foreign foreign -> foreign.key();
            case Unknown unknown -> unknown.key();
            case IncarnationIdentity identity -> identity.incarnation.identity();
            case Segment segment -> segment.incarnation.of(segment.file);
            case BackupHistory history -> history.incarnation.of(history.file);
            case Partial partial -> partial.incarnation.of(partial.partial);
            case History history -> history.incarnation.of(history.file);
            case Intent intent -> intent.keys.intent();
            case BundleList list -> list.keys.bundles();
            case BackupDocument document -> document.keys.backup();
            case WaitingDocument document -> document.keys.waiting();
            case Bundle bundle -> bundle.keys.bundle(bundle.number);
            case ManifestPart part -> part.keys.manifestPart(part.number);
            case PostgresManifest manifest -> manifest.keys.postgresManifest(manifest.number);
            case Configuration configuration -> configuration.keys.configuration();
            case BackupMark mark -> mark.keys.mark(mark.number);
            case WalMark mark -> mark.incarnation.walMark(mark.number);
            case StreamPiece stored -> stored.incarnation.of(stored.piece);
            case Repaired copy -> copy.incarnation.repaired(copy.original, copy.number);
            case RemovedWal removed -> removed.incarnation.removedWal(removed.first, removed.last);
            case GivenUpWal given -> given.incarnation.givenUpWal(given.first, given.last);
            case Rejection rejection -> rejection.incarnation.rejection(rejection.original, rejection.number);
            case Tombstone tombstone -> tombstone.keys.tombstone();
            case AttemptBegun attempt -> attempt.run.begun(attempt.number);
            case AttemptAlive attempt -> attempt.run.alive(attempt.number, attempt.sign);
            case AttemptEnded attempt -> attempt.run.ended(attempt.number);
            case AttemptElsewhere attempt -> attempt.run.elsewhere(attempt.repository);
            case DrillEvidence evidence -> evidence.chain.evidence(evidence.number);
        };
    }

    /** {@code tidemark.json}. */
    record RepositoryIdentity() implements ObjectName {
        public static final String NAME = "tidemark.json";
    }

    /** A text that explains the repository: {@code README-<number>.txt}, {@code rescue-<number>.sh}. */
    record Guide(String name) implements ObjectName {
        public Guide {
            if (!isOne(name)) {
                throw new IllegalArgumentException("'" + name + "' does not explain a repository");
            }
        }

        public static boolean isOne(String key) {
            return isNumbered(key, "README-", ".txt") || isNumbered(key, "rescue-", ".sh");
        }

        private static boolean isNumbered(String key, String begin, String end) {
            return key.length() > begin.length() + end.length()
                    && key.startsWith(begin)
                    && key.endsWith(end)
                    && key.substring(begin.length(), key.length() - end.length())
                            .chars()
                            .allMatch(c -> c >= '0' && c <= '9');
        }
    }

    /** Stored to see whether the repository can be written; means nothing, and may be left over. */
    record Scratch(ObjectKey key) implements ObjectName {
        /** What its key begins with. */
        public static final String FOLDER = "check/";

        public static Scratch of(UUID id) {
            return new Scratch(new ObjectKey(FOLDER + id));
        }
    }

    /** No object of a repository. */
    record Foreign(ObjectKey key) implements ObjectName {}

    /** An object of one incarnation. */
    sealed interface OfIncarnation extends ObjectName {
        IncarnationKeys incarnation();
    }

    /** No object that this version knows, below an incarnation. */
    record Unknown(IncarnationKeys incarnation, ObjectKey key) implements OfIncarnation {}

    /** {@code cluster.json}. */
    record IncarnationIdentity(IncarnationKeys incarnation) implements OfIncarnation {}

    /** What PostgreSQL archives, but for histories. */
    sealed interface Wal extends OfIncarnation {
        /** As PostgreSQL names it. */
        WalFile file();

        /** The one that it is, or is about. */
        WalFile.Segment segment();
    }

    /** A whole segment. */
    record Segment(IncarnationKeys incarnation, WalFile.Segment file) implements Wal {
        @Override
        public WalFile.Segment segment() {
            return file;
        }
    }

    /** A backup history file. */
    record BackupHistory(IncarnationKeys incarnation, WalFile.BackupHistoryFile file) implements Wal {
        @Override
        public WalFile.Segment segment() {
            return file.segment();
        }
    }

    /** A partial segment. */
    record Partial(IncarnationKeys incarnation, StoredPartial partial) implements Wal {
        @Override
        public WalFile file() {
            return partial.file();
        }

        @Override
        public WalFile.Segment segment() {
            return partial.segment();
        }
    }

    /** A timeline history. */
    record History(IncarnationKeys incarnation, WalFile.TimelineHistoryFile file) implements OfIncarnation {}

    /** What belongs to one backup. */
    sealed interface OfBackup extends OfIncarnation {
        BackupKeys keys();

        @Override
        default IncarnationKeys incarnation() {
            return keys().incarnation();
        }
    }

    /** {@code intent.json}. */
    record Intent(BackupKeys keys) implements OfBackup {}

    /** {@code bundles}. */
    record BundleList(BackupKeys keys) implements OfBackup {}

    /** {@code backup.json}. */
    record BackupDocument(BackupKeys keys) implements OfBackup {}

    /** {@code backup/<id>/waiting.json}. */
    record WaitingDocument(BackupKeys keys) implements OfBackup {}

    /** {@code mark/<id>/<number>.json}. */
    record BackupMark(BackupKeys keys, int number) implements OfBackup {}

    /** An object that {@code backup.json} vouches for, below {@code backup/<id>/}. */
    sealed interface BackupData extends OfBackup {}

    /** {@code backup/<id>/bundle/<number>}. */
    record Bundle(BackupKeys keys, int number) implements BackupData {}

    /** {@code backup/<id>/manifest/<number>}. */
    record ManifestPart(BackupKeys keys, int number) implements BackupData {}

    /** {@code backup/<id>/backup_manifest/<number>}. */
    record PostgresManifest(BackupKeys keys, int number) implements BackupData {}

    /**
     * {@code backup/<id>/configuration}: no file of the data directory, and nothing that a restore cannot do without.
     */
    record Configuration(BackupKeys keys) implements BackupData {}

    /** {@code dead/<id>.json}: the backup existed and was removed. */
    record Tombstone(BackupKeys keys) implements OfBackup {}

    /** {@code stream/<timeline>/<segment>/<start>-<end>-<writer>}: a piece of a segment that is being received. */
    record StreamPiece(IncarnationKeys incarnation, WalPiece piece) implements OfIncarnation {}

    /** {@code gap/<timeline>/<first segment>-<last segment>.json}: WAL that was removed on purpose. */
    record RemovedWal(IncarnationKeys incarnation, WalFile.Segment first, WalFile.Segment last)
            implements OfIncarnation {}

    /** {@code gap/<timeline>/<first segment>-<last segment>-given-up.json}: WAL that was never archived, and why. */
    record GivenUpWal(IncarnationKeys incarnation, WalFile.Segment first, WalFile.Segment last)
            implements OfIncarnation {}

    /** {@code repaired/<number>/<rest of a key>}: a copy that is read in place of an object. */
    record Repaired(IncarnationKeys incarnation, ObjectKey original, int number) implements OfIncarnation {
        public Repaired {
            if (!original.value().startsWith(incarnation.prefix())) {
                throw new IllegalArgumentException("'" + original + "' is not below '" + incarnation.prefix() + "'");
            }
        }
    }

    /** {@code mark/wal/<number>.json}. */
    record WalMark(IncarnationKeys incarnation, int number) implements OfIncarnation {}

    /** One attempt at a run of a scheduled task. */
    sealed interface Attempt extends OfIncarnation {
        RunKeys run();

        @Override
        default IncarnationKeys incarnation() {
            return run().incarnation();
        }
    }

    /** {@code run/<task>/<due>/<number>.json}. */
    record AttemptBegun(RunKeys run, int number) implements Attempt {}

    /** {@code run/<task>/<due>/<number>-alive-<sign>.json}. */
    record AttemptAlive(RunKeys run, int number, int sign) implements Attempt {}

    /** {@code run/<task>/<due>/<number>-ended.json}. */
    record AttemptEnded(RunKeys run, int number) implements Attempt {}

    /** {@code run/<task>/<due>/in-<uuid>.json}: the end of an attempt in another repository, which takes no record. */
    record AttemptElsewhere(RunKeys run, UUID repository) implements Attempt {}

    /** {@code drill/<uuid of a repository>/<uuid of a host>/<number>.json}. */
    record DrillEvidence(DrillKeys chain, int number) implements OfIncarnation {
        @Override
        public IncarnationKeys incarnation() {
            return chain.incarnation();
        }
    }

    /** {@code repaired/<number>/<rest of a key>.rejected.json}: what was stored until then under a name is rejected. */
    record Rejection(IncarnationKeys incarnation, ObjectKey original, int number) implements OfIncarnation {
        public Rejection {
            if (!original.value().startsWith(incarnation.prefix())) {
                throw new IllegalArgumentException("'" + original + "' is not below '" + incarnation.prefix() + "'");
            }
        }
    }

    /** Reads any key of a store. */
    static ObjectName parse(ObjectKey key) {
        Optional<IncarnationKeys> incarnation = IncarnationKeys.of(key);
        if (incarnation.isPresent()) {
            return parse(incarnation.get(), key);
        }
        if (key.value().equals(RepositoryIdentity.NAME)) {
            return new RepositoryIdentity();
        }
        if (Guide.isOne(key.value())) {
            return new Guide(key.value());
        }
        return key.value().startsWith(Scratch.FOLDER) ? new Scratch(key) : new Foreign(key);
    }

    /** Reads a key that begins with the prefix of {@code incarnation}. */
    static OfIncarnation parse(IncarnationKeys incarnation, ObjectKey key) {
        try {
            OfIncarnation name = new KeyParts(incarnation, key).name();
            // Whatever a key could mean, it means it only if that object's key is this one.
            return name.key().equals(key) ? name : new Unknown(incarnation, key);
        } catch (IllegalArgumentException e) {
            return new Unknown(incarnation, key);
        }
    }
}
