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
 * Puts an object into the store, and looks afterwards what stands there. Rsync's own word proves little: of several
 * writers it tells each that all went well, and a status other than 0 comes also with an object that is stored.
 * Thread-safe.
 */
final class Upload {
    static final String FSYNC = "--fsync";

    private final Rsync rsync;
    private final boolean fsyncRequired;
    private volatile boolean fsync = true;

    Upload(Rsync rsync, boolean fsyncRequired) {
        this.rsync = rsync;
        this.fsyncRequired = fsyncRequired;
    }

    /** What stands under the key. */
    private enum Found {
        /** Our bytes. */
        OURS,
        /** A file with other bytes. */
        OTHER,
        /** No file. */
        NONE
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        try (Staging staging = Staging.of(key, source, rsync.work())) {
            Ended ended = send(key, source, staging);
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

    private Ended send(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        List<String> options =
                new ArrayList<>(List.of("--whole-file", "--relative", "--ignore-existing", "--remove-source-files"));
        // Of what is new there, whatever the umasks of both ends are.
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
                RsyncProgram.NOTHING,
                line -> true);
    }

    /** The receiver says that it has stored the object. Another writer may have replaced it since. */
    private void judgeStored(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        switch (find(key, source, staging)) {
            case OURS -> {
                // Stored, and proven.
            }
            case OTHER -> throw new ObjectExists(key, rsync.errors().description());
            case NONE ->
                throw rsync.errors()
                        .unavailable(Operation.WRITE, key.value(), "the object was stored and then removed");
        }
    }

    /** Something was there, so nothing was sent; it need not be an object. */
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

    /** The object may be stored all the same, by us or before us; only what does not stand there has failed. */
    private void judgeFailure(ObjectKey key, ObjectSource source, Staging staging, Ended ended)
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
            // Not known to be absent, so neither "full" nor "denied" may be said.
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

    /** Has the server read what stands there, and compares its checksum with ours. */
    private Found find(ObjectKey key, ObjectSource source, Staging staging) throws StorageException {
        AtomicReference<String> item = new AtomicReference<>("");
        Ended ended = rsync.push(
                Operation.COMPARE,
                key.value(),
                List.of(
                        "--dry-run",
                        "--checksum",
                        "--relative",
                        "--no-implied-dirs",
                        // Twice: a line also for what is the same, since silence would prove nothing.
                        "-ii",
                        "--out-format=%i %n"),
                staging.kept(),
                List.of(key.value()),
                source.sizeBytes(),
                RsyncProgram.NOTHING,
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

    /** {@code .f} is a file that need not be sent; {@code <f} one that must, and with plus signs one that is new. */
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
                .unavailable(Operation.COMPARE, key.value(), "rsync reported nothing about it: '" + item + "'");
    }
}
