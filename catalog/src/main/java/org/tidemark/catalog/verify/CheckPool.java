// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
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
        /** The object is encrypted, and there is no private key here. */
        STORED_BYTES_ALONE
    }

    /** Compares the bytes of one object with what they must be. */
    interface Check {
        Compared run() throws IOException;
    }

    private final Findings findings;
    private final VerifyListener listener;
    private final int places;
    private final Semaphore free;
    private final ExecutorService threads;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    CheckPool(int jobs, Findings findings, VerifyListener listener) {
        this.findings = findings;
        this.listener = listener;
        this.places = 2 * jobs;
        this.free = new Semaphore(places);
        this.threads = Executors.newFixedThreadPool(
                jobs, Thread.ofPlatform().name("verify-", 0).factory());
    }

    /** Waits for a free place. */
    void submit(ObjectKey key, long sizeBytes, Collection<BackupId> owners, Check check) throws IOException {
        acquire(1);
        throwFailure();
        findings.report(listener);
        threads.execute(() -> {
            try {
                run(key, sizeBytes, owners, check);
            } catch (IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                free.release();
            }
        });
    }

    /** Runs a check in this thread. */
    void run(ObjectKey key, long sizeBytes, Collection<BackupId> owners, Check check) throws IOException {
        try {
            if (check.run() == Compared.STORED_BYTES_ALONE) {
                findings.sealed(owners);
            }
        } catch (DamagedObjectException e) {
            findings.problem(e.key(), owners, "is damaged: " + e.problem());
        } catch (ObjectMissing e) {
            findings.problem(key, owners, "is missing");
        } catch (UserFacingException e) {
            if (e.exitCode() != ExitCode.UNKNOWN_FORMAT && e.exitCode() != ExitCode.NO_KEY) {
                throw e;
            }
            findings.problem(key, owners, e.getMessage());
        }
        findings.read(sizeBytes);
    }

    /** Waits for every check. */
    void finish() throws IOException {
        acquire(places);
        free.release(places);
        throwFailure();
        findings.report(listener);
    }

    private void acquire(int count) {
        try {
            free.acquire(count);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the verification was stopped", "It can be repeated at any time.", e);
        }
    }

    private void throwFailure() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
