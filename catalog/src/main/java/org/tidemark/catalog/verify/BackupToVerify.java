// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.format.Encryption;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** A published backup, and which of the WAL that it needs has been seen. Not thread-safe. */
final class BackupToVerify {
    private final BaseBackup backup;
    private final PastReading past;
    private final BitSet seen = new BitSet();
    private boolean historySeen;
    private boolean bundlesListed;

    BackupToVerify(BaseBackup backup, PastReading past) {
        this.backup = backup;
        this.past = past;
    }

    BaseBackup backup() {
        return backup;
    }

    BackupId id() {
        return backup.id();
    }

    /** Whether all of it was read before, and nothing was wrong. */
    boolean isMarked() {
        return past.isWhole();
    }

    PastReading past() {
        return past;
    }

    /** Takes down that the list of its bundles could be read, and is right. */
    void listBundles() {
        bundlesListed = true;
    }

    boolean hasBundlesListed() {
        return bundlesListed;
    }

    /** Takes down that a segment that the backup needs is there. */
    void see(Segment segment) {
        WalSegmentSize size = backup.origin().walSegmentSize();
        seen.set(Math.toIntExact(segment.index(size) - backup.walFirst().index(size)));
    }

    /** Takes down that a history is there; whether the backup needs it. */
    boolean sees(Timeline history) {
        boolean needed = needsHistory() && history.equals(backup.wal().timeline());
        historySeen |= needed;
        return needed;
    }

    private boolean needsHistory() {
        return backup.wal().timeline().id() > Timeline.FIRST.id();
    }

    boolean lacksHistory() {
        return needsHistory() && !historySeen;
    }

    /** How many segments are missing. */
    long missingSegments() {
        return backup.wal().count(backup.origin().walSegmentSize()) - seen.cardinality();
    }

    /** The first one that is missing, where there is any. */
    Segment firstMissing() {
        WalSegmentSize size = backup.origin().walSegmentSize();
        return Segment.of(backup.wal().timeline(), backup.walFirst().index(size) + seen.nextClearBit(0), size);
    }

    /** An object that published backups need. Not thread-safe. */
    static final class Expected {
        private final ObjectName.BackupData name;
        private final StoredObject object;
        private final Optional<Encryption> encryption;
        private final List<BackupId> owners = new ArrayList<>();
        private Optional<FingerprintKey> fingerprintKey = Optional.empty();
        private boolean seen;
        private boolean intact;

        Expected(ObjectName.BackupData name, StoredObject object, Optional<Encryption> encryption) {
            this.name = name;
            this.object = object;
            this.encryption = encryption;
        }

        /** Returns what a backup says otherwise than the others; empty if it does not. */
        Optional<String> addOwner(BackupToVerify owner, StoredObject said) {
            owners.add(owner.id());
            BaseBackup.Objects objects = owner.backup().objects();
            boolean isKey = fingerprintKey
                    .filter(key -> !key.equals(objects.fingerprintKey()))
                    .isEmpty();
            // The backup that it was stored for knows by which key its fingerprints are.
            if (fingerprintKey.isEmpty() || owner.id().equals(name.keys().id())) {
                fingerprintKey = Optional.of(objects.fingerprintKey());
            }
            if (!object.equals(said)) {
                return Optional.of("is said to have different digests by different backups");
            }
            if (!isKey) {
                return Optional.of("has fingerprints by another key than that of a backup that refers to it");
            }
            return encryption.equals(objects.encryption())
                    ? Optional.empty()
                    : Optional.of("is said to be encrypted for others by different backups");
        }

        /** It is there, this long. */
        void see(long sizeBytes) {
            seen = true;
            intact = sizeBytes == object.sizeBytes();
        }

        /** Whether it is there, and as long as it must be. */
        boolean isIntact() {
            return intact;
        }

        ObjectName.BackupData name() {
            return name;
        }

        StoredObject object() {
            return object;
        }

        boolean isEncrypted() {
            return encryption.isPresent();
        }

        List<BackupId> owners() {
            return List.copyOf(owners);
        }

        /** The one of the backup that it was stored for, as far as that is known; else that of an owner. */
        Optional<FingerprintKey> fingerprintKey() {
            return fingerprintKey;
        }

        boolean wasSeen() {
            return seen;
        }
    }
}
