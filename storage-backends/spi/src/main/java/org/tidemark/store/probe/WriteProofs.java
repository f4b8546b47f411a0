// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.probe;

import java.io.IOException;
import java.util.List;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** Tries what writers need. Not thread-safe. */
final class WriteProofs {
    private final ObjectStore store;
    private final ScratchObjects scratch;
    private final List<Proof> proofs;

    WriteProofs(ObjectStore store, ScratchObjects scratch, List<Proof> proofs) {
        this.store = store;
        this.scratch = scratch;
        this.proofs = proofs;
    }

    boolean creates() {
        try {
            scratch.create(0);
            proofs.add(Proof.kept("create", "an object of " + ScratchObjects.BYTES + " bytes was stored"));
            return true;
        } catch (StorageException e) {
            proofs.add(
                    e instanceof StorageDenied
                            ? Proof.broken(
                                    "create",
                                    message(e),
                                    "May these credentials write here? If they may, the message says what this store cannot do.")
                            : Proof.unknown("create", message(e), "Is the address right, and is the store up?"));
            return false;
        }
    }

    void refusesASecond() {
        try {
            scratch.overwrite(0);
            proofs.add(Proof.broken(
                    "refuse",
                    "a second object of the same key was accepted: the store ignores the condition",
                    "Two servers could overwrite each other's WAL here. Use a store, or a version of it, that knows"
                            + " conditional writes."));
        } catch (ObjectExists e) {
            proofs.add(Proof.kept("refuse", "a second object of the same key is refused"));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("refuse", message(e), "Run it again."));
        }
    }

    void excludes() {
        if (store.traits().exclusiveCreate() != ExclusiveCreate.ATOMIC) {
            proofs.add(Proof.missing(
                    "exclude",
                    "of several writers at the same moment more than one can be told success",
                    "Let a single host write here; single-writer = true says that one does."));
            return;
        }
        try {
            int most = scratch.race(1);
            proofs.add(
                    most == 1
                            ? Proof.kept(
                                    "exclude", "of several writers at the same moment exactly one was told success")
                            : Proof.broken(
                                    "exclude",
                                    "of several writers at the same moment " + most + " were told success",
                                    "Two servers could overwrite each other's WAL here."));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("exclude", message(e), "Run it again."));
        }
    }

    void deletes() {
        if (scratch.isUntouched()) {
            return;
        }
        try {
            scratch.delete();
        } catch (StorageDenied e) {
            proofs.add(Proof.missing(
                    "delete",
                    "deleting is refused: " + message(e),
                    "So nobody can remove WAL or backups with these credentials, which protects them. Left behind: "
                            + scratch.place()));
            return;
        } catch (StorageException e) {
            proofs.add(Proof.unknown("delete", message(e), "Left behind: " + scratch.place()));
            return;
        }
        deleted();
    }

    private void deleted() {
        try {
            List<ObjectKey> left = scratch.left();
            proofs.add(
                    left.isEmpty()
                            ? Proof.kept("delete", "the scratch objects were removed")
                            : Proof.missing(
                                    "delete",
                                    "what was deleted is still there: " + left.getFirst(),
                                    "It is kept by a lock or by versions, so deleting frees no room."));
        } catch (StorageDenied e) {
            proofs.add(Proof.missing(
                    "delete",
                    "deleting is allowed, and whether anything is gone is not told: " + message(e),
                    "Look with other credentials whether there is still something below " + scratch.place()));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("delete", message(e), "Left behind, perhaps: " + scratch.place()));
        }
    }

    private static String message(IOException e) {
        return String.valueOf(e.getMessage());
    }
}
