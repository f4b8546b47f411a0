// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Writes an object, and compares the stored file afterwards. The result of rsync proves little: of several writers each
 * gets status 0, and another status is also possible for a stored object. Thread-safe.
 */
final class RsyncUpload {
    static final String FSYNC = "--fsync";

    private final Rsync rsync;
    private final boolean fsyncRequired;
    private volatile boolean fsync = true;

    RsyncUpload(Rsync rsync, boolean fsyncRequired) {
        this.rsync = rsync;
        this.fsyncRequired = fsyncRequired;
    }

    /** The file that has the key. */
    private enum Found {
        /** A file with the bytes of this upload. */
        OURS,
        /** A file with other bytes. */
        OTHER,
        /** No file. */
        NONE
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        try (Staging staging = Staging.of(key, source, rsync.work())) {
            RsyncResult ended = send(key, source, staging);
            if (fsync && !fsyncRequired && ended.refusedOption(FSYNC)) {
                fsync = false;
                ended = send(key, source, staging);
            }
            if (!ended.ok()) {
                judgeFailure(key, source, staging, ended);
            } else if (staging.confirmed()) {
                judgeStored(key, source, staging);
            } else {
                judgeSkipped(key, source, staging);
            }
        } catch (IOException e) {
            throw rsync.errors().of(Operation.WRITE, key.value(), e);
        }
    }

    /** Replaces an object. */
    void overwrite(ObjectKey key, ObjectSource source) throws StorageException {
        try (Staging staging = Staging.of(key, source, rsync.work())) {
            RsyncResult ended = send(key, source, staging, "--ignore-times");
            if (!ended.ok()) {
                throw rsync.errors().of(Operation.WRITE, key.value(), ended);
            }
        } catch (IOException e) {
            throw rsync.errors().of(Operation.WRITE, key.value(), e);
        }
    }

    private RsyncResult send(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        return send(key, source, staging, "--ignore-existing");
    }

    /** @param existing the option for a file that exists on the server */
    private RsyncResult send(ObjectKey key, ObjectSource source, Staging staging, String existing)
            throws StorageException {
        List<String> options =
                new ArrayList<>(List.of("--whole-file", "--relative", existing, "--remove-source-files"));
        // Sets the modes of new files and directories, independent of both umasks.
        options.add("--chmod=D700,F600");
        if (fsync) {
            options.add(FSYNC);
        }
        return rsync.push(
                Operation.WRITE,
                key.value(),
                options,
                staging.leaving(),
                List.of(key.value()),
                source.sizeBytes(),
                RsyncProgram.NO_INPUT,
                line -> true);
    }

    /** The receiver has confirmed the object. Another writer may have replaced it since. */
    private void judgeStored(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        switch (find(key, source, staging)) {
            case OURS -> {
                // The object is stored, and the comparison proves it.
            }
            case OTHER -> throw new ObjectExists(key, rsync.errors().description());
            case NONE ->
                throw rsync.errors()
                        .unavailable(Operation.WRITE, key.value(), "the object was stored and then removed");
        }
    }

    /** The name existed, so nothing was sent; the file need not be an object. */
    private void judgeSkipped(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        if (find(key, source, staging) != Found.NONE) {
            throw new ObjectExists(key, rsync.errors().description());
        }
        throw rsync.errors()
                .unavailable(
                        Operation.WRITE,
                        key.value(),
                        "another file had this name and is gone, or it is a directory or a link");
    }

    /** The object may be stored in spite of the failure, by this writer or by another one. */
    private void judgeFailure(ObjectKey key, ObjectSource source, Staging staging, RsyncResult ended)
            throws StorageException {
        StorageException failure = rsync.errors().of(Operation.WRITE, key.value(), ended);
        if (ended.timedOut()) {
            throw failure;
        }
        switch (findAfter(failure, key, source, staging)) {
            case OURS -> {
                if (!staging.confirmed()) {
                    throw rsync.errors()
                            .unavailable(
                                    Operation.WRITE,
                                    key.value(),
                                    "an object with the same bytes exists, and it is unknown who wrote it",
                                    failure);
                }
            }
            case OTHER -> throw new ObjectExists(key, rsync.errors().description());
            case NONE -> throw failure;
        }
    }

    private Found findAfter(StorageException failure, ObjectKey key, ObjectSource source, Staging staging)
            throws StorageException {
        try {
            return find(key, source, staging);
        } catch (StorageException e) {
            if (failure instanceof StorageDenied && e instanceof StorageDenied) {
                throw failure;
            }
            // The object may exist, so the error must be neither "full" nor "denied".
            e.addSuppressed(failure);
            throw failure instanceof StorageUnavailable
                    ? failure
                    : rsync.errors()
                            .unavailable(
                                    Operation.WRITE,
                                    key.value(),
                                    failure.getMessage() + "; it is unknown whether the object is stored",
                                    e);
        }
    }

    /** Compares the checksum of the file on the server with the checksum of this object. */
    private Found find(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        AtomicReference<String> item = new AtomicReference<>("");
        RsyncResult ended = rsync.push(
                Operation.COMPARE,
                key.value(),
                List.of(
                        "--dry-run",
                        "--checksum",
                        "--relative",
                        "--no-implied-dirs",
                        // Twice: prints a line for an equal file as well, because no line would prove nothing.
                        "-ii",
                        "--out-format=%i %n"),
                staging.kept(),
                List.of(key.value()),
                source.sizeBytes(),
                RsyncProgram.NO_INPUT,
                line -> {
                    if (line.endsWith(" " + key.value())) {
                        item.set(line);
                    }
                    return true;
                });
        if (!ended.ok()) {
            throw rsync.errors().of(Operation.COMPARE, key.value(), ended);
        }
        return found(key, item.get());
    }

    /** {@code .f} means an equal file, {@code <f} a different file, and {@code <f+} no file. */
    private Found found(ObjectKey key, String item) throws StorageException {
        if (item.startsWith(".f")) {
            return Found.OURS;
        }
        if (item.startsWith("<f+")) {
            return Found.NONE;
        }
        if (item.startsWith("<f")) {
            return Found.OTHER;
        }
        throw rsync.errors()
                .unavailable(Operation.COMPARE, key.value(), "rsync reported nothing about the file: '" + item + "'");
    }
}
