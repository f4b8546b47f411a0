// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.Collection;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.Workers;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Runs checks of objects, several at a time. Damage becomes a finding; a store that does not answer ends the whole
 * verification, since nothing can be said then. Used by one thread.
 */
final class CheckPool implements AutoCloseable {
    /** What a check compared. */
    enum Compared {
        WHAT_WAS_ASKED,
        /** The object is encrypted, and this host has no private key. */
        STORED_BYTES_ALONE
    }

    private static final int DOCUMENTS_AT_ONCE = 16;

    private final Findings findings;
    private final RemovedMeanwhile removed;
    private final Verifier.Listener listener;
    private final Workers workers;

    CheckPool(int jobs, Findings findings, RemovedMeanwhile removed, Verifier.Listener listener) {
        this.findings = findings;
        this.removed = removed;
        this.listener = listener;
        this.workers = new Workers("verify", jobs);
    }

    /** Another pool with the same findings: of a small object a thread only awaits the store's answer. */
    CheckPool forDocuments() {
        return new CheckPool(DOCUMENTS_AT_ONCE, findings, removed, listener);
    }

    /** Waits for a free place. */
    void submit(ObjectKey key, long sizeBytes, Collection<BackupId> owners, IoAction.Returning<Compared> check)
            throws IOException {
        workers.submit(() -> run(key, sizeBytes, owners, check));
        findings.report(listener);
    }

    /** Runs a check in this thread. */
    void run(ObjectKey key, long sizeBytes, Collection<BackupId> owners, IoAction.Returning<Compared> check)
            throws IOException {
        try {
            if (check.run() == Compared.STORED_BYTES_ALONE) {
                findings.undecryptable(owners);
            }
        } catch (DamagedObjectException e) {
            findings.damaged(e, owners);
        } catch (ObjectMissing e) {
            missing(key, owners);
        } catch (UserFacingException e) {
            if (e.exitCode() != ExitCode.UNKNOWN_FORMAT && e.exitCode() != ExitCode.NO_KEY) {
                throw e;
            }
            findings.unreadable(key, owners, e.getMessage());
        }
        findings.read(sizeBytes);
    }

    /** An object that is not there is a problem, unless an expiry removed it meanwhile. */
    void missing(ObjectKey key, Collection<BackupId> owners) throws IOException {
        if (!removed.isRemoved(key, owners)) {
            findings.problem(key, owners, "is missing");
        }
    }

    RemovedMeanwhile removed() {
        return removed;
    }

    /** Waits for every check. */
    void finish() throws IOException {
        workers.await();
        findings.report(listener);
    }

    @Override
    public void close() {
        workers.close();
    }
}
