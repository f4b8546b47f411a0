// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.sftp.SftpConfig.Create;
import org.tidemark.store.sftp.SftpConfig.Fsync;

/**
 * Puts one object: temporary file, sync, hard link to the final name, sync of the directories. The link is what makes
 * it exclusive, and no name ever shows less than the whole. Thread-safe.
 */
final class ObjectWriter {
    /** How often a directory may vanish under our hands, or an object that was in our way. */
    private static final int MAX_ATTEMPTS = 10;

    private final SftpConfig config;
    private final Directories directories;
    private final Durability durability;
    private final SftpErrors errors;

    ObjectWriter(SftpConfig config, Directories directories, SftpErrors errors) {
        this.config = config;
        this.directories = directories;
        this.durability = new Durability(directories, config.fsync());
        this.errors = errors;
    }

    void put(Sftp sftp, ObjectKey key, ObjectSource source) throws StorageException {
        try {
            requireAbilities(sftp);
            refuseIfPresent(sftp, key);
            try (TemporaryFile file = createBeside(sftp, key)) {
                fill(sftp, key, source, file);
                durability.sync(sftp, file.handle());
                name(sftp, key, file);
                confirm(sftp, key, source.sizeBytes(), file);
            }
        } catch (IOException e) {
            throw failed(sftp, Operation.WRITE, key, e);
        }
    }

    private void requireAbilities(Sftp sftp) throws StorageException {
        if (config.fsync() == Fsync.REQUIRED && !sftp.abilities().fsync()) {
            throw errors.cannotSync();
        }
        if (config.create() == Create.LINK && !sftp.abilities().hardLink()) {
            throw errors.cannotLink();
        }
    }

    private TemporaryFile createBeside(Sftp sftp, ObjectKey key) throws IOException {
        String directory = Directories.parent(key.value());
        for (int attempt = 1; ; attempt++) {
            try {
                directories.make(sftp, directory);
                return TemporaryFile.create(sftp, directories.path(directory), config.access());
            } catch (SftpStatusException e) {
                // A process that deletes objects removed the directory, because it was empty.
                if (e.status() != SftpStatusException.NO_SUCH_FILE || attempt == MAX_ATTEMPTS) {
                    throw e;
                }
                directories.requireRoot(sftp);
            }
        }
    }

    private void fill(Sftp sftp, ObjectKey key, ObjectSource source, TemporaryFile file) throws IOException {
        try (SourceStream stream = SourceStream.open(key, source)) {
            file.fill(stream, source.sizeBytes(), config.access());
        } catch (SftpStatusException e) {
            // Before the file is removed: after that there is room again.
            throw failed(sftp, Operation.WRITE, key, e);
        }
    }

    private void name(Sftp sftp, ObjectKey key, TemporaryFile file) throws IOException {
        String path = directories.path(key.value());
        if (config.create() == Create.RENAME) {
            refuseIfPresent(sftp, key);
        }
        for (int attempt = 1; ; attempt++) {
            try {
                Sftp.Answer named =
                        config.create() == Create.LINK ? sftp.link(file.path(), path) : sftp.rename(file.path(), path);
                named.await().done();
                return;
            } catch (SftpStatusException e) {
                // "Exists" has no status of its own, so that only a look tells.
                refuseIfPresent(sftp, key);
                StorageException why = failed(sftp, Operation.NAME, key, e);
                if (!(why instanceof StorageUnavailable) || attempt == MAX_ATTEMPTS) {
                    throw why;
                }
            }
        }
    }

    /** Its first writer may have died before the last sync; whoever is told "exists" may rely on it. */
    private void refuseIfPresent(Sftp sftp, ObjectKey key) throws IOException {
        String path = directories.path(key.value());
        Optional<Attributes> present = directories.find(sftp, key.value());
        if (present.isEmpty()) {
            return;
        }
        if (!present.get().isRegularFile()) {
            throw errors.notAnObject(path, present.get().isDirectory() ? "a directory" : "not a plain file");
        }
        try {
            durability.syncFile(sftp, path);
            durability.syncDirectories(sftp, key.value());
        } catch (SftpStatusException e) {
            if (e.status() == SftpStatusException.NO_SUCH_FILE) {
                return;
            }
            throw errors.of(Operation.SYNC, key.value(), e);
        }
        throw new ObjectExists(key, errors.description());
    }

    /** Makes the name durable, and looks at what was made. */
    private void confirm(Sftp sftp, ObjectKey key, long sizeBytes, TemporaryFile file) throws StorageException {
        try {
            file.remove();
            if (!durability.syncDirectories(sftp, key.value())) {
                // Most file systems write a new name along with the file that it names.
                durability.sync(sftp, file.handle());
            }
            // Also that the root is the one it was: unmounted meanwhile, it would have been made below the disk.
            Optional<Attributes> made = directories.find(sftp, key.value());
            if (made.isEmpty() || !made.get().isRegularFile() || made.get().sizeBytes() != sizeBytes) {
                throw new IOException("what is there is not the file of " + sizeBytes + " bytes that was stored");
            }
        } catch (IOException e) {
            throw errors.of(Operation.SYNC, key.value(), e);
        }
    }

    private StorageException failed(Sftp sftp, Operation operation, ObjectKey key, IOException cause) {
        Optional<Disk> disk = Optional.empty();
        if (cause instanceof SftpStatusException e
                && e.status() == SftpStatusException.FAILURE
                && sftp.abilities().statvfs()) {
            try {
                disk = Optional.of(sftp.disk(config.root()).await().disk());
            } catch (IOException unknown) {
                // Then the first error is all that is known.
                cause.addSuppressed(unknown);
            }
        }
        return errors.of(operation, key.value(), cause, disk);
    }
}
