// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.selftest;

import java.io.IOException;
import java.util.List;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** Tests the operations that writers need. Not thread-safe. */
final class WriteTests {
    private final ObjectStore store;
    private final ScratchObjects scratch;
    private final List<SelfTestResult> results;

    WriteTests(ObjectStore store, ScratchObjects scratch, List<SelfTestResult> results) {
        this.store = store;
        this.scratch = scratch;
        this.results = results;
    }

    boolean creates() {
        try {
            scratch.create(0);
            results.add(SelfTestResult.kept("create", "an object of " + ScratchObjects.BYTES + " bytes was stored"));
            return true;
        } catch (StorageException e) {
            results.add(
                    e instanceof StorageDenied
                            ? SelfTestResult.broken(
                                    "create",
                                    message(e),
                                    "Check that these credentials may write here. If they may, the message says what this store cannot do.")
                            : SelfTestResult.unknown(
                                    "create", message(e), "Is the address right, and is the store up?"));
            return false;
        }
    }

    void refusesASecond() {
        try {
            scratch.overwrite(0);
            results.add(SelfTestResult.broken(
                    "refuse",
                    "the store accepted a second object with the same key: it ignores the condition",
                    "Two servers could overwrite each other's WAL here. Use a store, or a version of it, that supports"
                            + " conditional writes."));
        } catch (ObjectExists e) {
            results.add(SelfTestResult.kept("refuse", "the store refused a second object with the same key"));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("refuse", message(e), "Run it again."));
        }
    }

    void excludes() {
        if (store.traits().exclusiveCreate() != ExclusiveCreate.ATOMIC) {
            results.add(SelfTestResult.missing(
                    "exclude",
                    "if several writers create one object at the same time, the store can report success to more than one",
                    "Let a single host write here, and set single-writer = true."));
            return;
        }
        try {
            int most = scratch.race(1);
            results.add(
                    most == 1
                            ? SelfTestResult.kept(
                                    "exclude",
                                    "several writers created one object at the same time: exactly one succeeded")
                            : SelfTestResult.broken(
                                    "exclude",
                                    "several writers created one object at the same time: " + most
                                            + " were told that they succeeded",
                                    "Two servers could overwrite each other's WAL here."));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "exclude",
                    "of several writers that created one object at the same time, one was denied: " + message(e),
                    "Let a single host write here: a reader can get what the denied writer stored."
                            + e.hint().map(hint -> " " + hint).orElse("")));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("exclude", message(e), "Run it again."));
        }
    }

    /** Only where objects are to be locked. */
    void locks() {
        if (store.lock().isEmpty()) {
            return;
        }
        try {
            results.add(
                    switch (store.lock().get().tryOn(scratch.locked())) {
                        case KEPT ->
                            SelfTestResult.kept(
                                    "lock", "an object with a lock could not be removed, and one without a lock could");
                        case NOT_KEPT ->
                            SelfTestResult.missing(
                                    "lock",
                                    "locks are configured, but the store does not keep them",
                                    "Anybody with the right to delete can remove WAL and backups for good. The store must"
                                            + " support locks, and a bucket must have been created with Object Lock.");
                        case NOT_TOLD ->
                            SelfTestResult.kept(
                                    "lock",
                                    "an object with a lock could not be removed, but these credentials cannot remove one"
                                            + " without a lock either");
                    });
        } catch (StorageDenied e) {
            results.add(SelfTestResult.broken(
                    "lock",
                    message(e),
                    e.hint().orElse("Nothing can be stored here with the configured lock: the message says why.")));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("lock", message(e), "Run it again."));
        }
    }

    void deletes() {
        if (scratch.isUntouched()) {
            return;
        }
        try {
            scratch.delete();
        } catch (StorageException e) {
            notDeleted(e);
            return;
        }
        deleted();
    }

    private void notDeleted(StorageException e) {
        if (!scratch.hasCreated()) {
            results.add(SelfTestResult.unknown(
                    "delete", "not tested, since nothing could be created", "The result of 'create' says why."));
        } else if (e instanceof StorageDenied) {
            results.add(SelfTestResult.missing(
                    "delete",
                    "deleting is refused: " + message(e),
                    "These credentials cannot delete, which protects WAL and backups. Test objects may remain below: "
                            + scratch.prefix()));
        } else {
            results.add(
                    SelfTestResult.unknown("delete", message(e), "Test objects may remain below: " + scratch.prefix()));
        }
    }

    private void deleted() {
        try {
            List<ObjectKey> left = scratch.left();
            results.add(
                    left.isEmpty()
                            ? SelfTestResult.kept("delete", "the scratch objects were removed")
                            : SelfTestResult.missing(
                                    "delete",
                                    "a deleted object is still there: " + left.getFirst(),
                                    "A lock or versioning keeps it, so deleting frees no space."));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "delete",
                    "deleting is allowed, but the store did not say whether the objects are gone: " + message(e),
                    "Use other credentials to see whether objects are left below " + scratch.prefix()));
        } catch (StorageException e) {
            results.add(
                    SelfTestResult.unknown("delete", message(e), "Test objects may remain below: " + scratch.prefix()));
        }
    }

    private static String message(IOException e) {
        return String.valueOf(e.getMessage());
    }
}
