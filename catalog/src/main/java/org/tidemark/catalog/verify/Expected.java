// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ObjectName;

/** An object that published backups need. Not thread-safe. */
final class Expected {
    private final ObjectName.BackupData name;
    private final StoredObject object;
    private final boolean encrypted;
    private final List<BackupId> owners = new ArrayList<>();
    private boolean marked = true;
    private boolean seen;
    private boolean intact;

    Expected(ObjectName.BackupData name, StoredObject object, boolean encrypted) {
        this.name = name;
        this.object = object;
        this.encrypted = encrypted;
    }

    void addOwner(BackupToVerify owner) {
        owners.add(owner.id());
        marked &= owner.isMarked();
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
        return encrypted;
    }

    List<BackupId> owners() {
        return List.copyOf(owners);
    }

    /** Whether every backup that needs it has been read whole before. */
    boolean isMarked() {
        return marked;
    }

    boolean wasSeen() {
        return seen;
    }
}
