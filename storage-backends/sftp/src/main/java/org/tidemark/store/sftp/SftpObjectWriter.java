// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.ssh.sftp.Attributes;
import org.tidemark.ssh.sftp.Reply.Disk;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.ssh.sftp.SftpStatusException;
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
 * Creates an object: writes a temporary file, syncs it, makes a hard link with the final name, and syncs the
 * directories. The hard link makes the creation exclusive, and the final name never shows a part of the object.
 * Thread-safe.
 */
final class SftpObjectWriter {
    /** The maximum number of attempts while other processes remove the directory, or create and delete the object. */
    private static final int MAX_ATTEMPTS = 10;

    private final SftpConfig config;
    private final SftpDirectories directories;
    private final Durability durability;
    private final SftpErrors errors;

    SftpObjectWriter(SftpConfig config, SftpDirectories directories, SftpErrors errors) {
        this.config = config;
        this.directories = directories;
        this.durability = new Durability(directories, config.fsync());
        this.errors = errors;
    }

    void put(Sftp sftp, ObjectKey key, ObjectSource source) throws StorageException {
        try {
            requireAbilities(sftp);
            refuseIfPresent(sftp, key);
            try (SftpTemporaryFile file = createBeside(sftp, key)) {
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

    private SftpTemporaryFile createBeside(Sftp sftp, ObjectKey key) throws IOException {
        String directory = SftpDirectories.parent(key.value());
        for (int attempt = 1; ; attempt++) {
            try {
                directories.make(sftp, directory);
                return SftpTemporaryFile.create(sftp, directories.path(directory), config.access());
            } catch (SftpStatusException e) {
                // A process that deletes objects removed the directory, because it was empty.
                if (e.status() != SftpStatusException.NO_SUCH_FILE || attempt == MAX_ATTEMPTS) {
                    throw e;
                }
                directories.requireRoot(sftp);
            }
        }
    }

    private void fill(Sftp sftp, ObjectKey key, ObjectSource source, SftpTemporaryFile file) throws IOException {
        try (SourceStream stream = SourceStream.open(key, source)) {
            file.fill(stream, source.sizeBytes(), config.access());
        } catch (SftpStatusException e) {
            // Asks for the free space before the file is removed, which would free space.
            throw failed(sftp, Operation.WRITE, key, e);
        }
    }

    private void name(Sftp sftp, ObjectKey key, SftpTemporaryFile file) throws IOException {
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
                // The protocol has no status for "exists", so only a look-up can tell.
                refuseIfPresent(sftp, key);
                StorageException why = failed(sftp, Operation.NAME, key, e);
                if (!(why instanceof StorageUnavailable) || attempt == MAX_ATTEMPTS) {
                    throw why;
                }
            }
        }
    }

    /** Syncs a present object first: its writer may have died before the last sync, and "exists" means durable. */
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

    /** Makes the name durable, and compares the stored file with the expected size. */
    private void confirm(Sftp sftp, ObjectKey key, long sizeBytes, SftpTemporaryFile file) throws StorageException {
        try {
            file.remove();
            if (!durability.syncDirectories(sftp, key.value())) {
                // Most file systems write a new name along with the file that it names.
                durability.sync(sftp, file.handle());
            }
            // This also checks the root: without its disk, the file would be in the directory below the mount point.
            Optional<Attributes> made = directories.find(sftp, key.value());
            if (made.isEmpty() || !made.get().isRegularFile() || made.get().sizeBytes() != sizeBytes) {
                throw new IOException("the stored file is missing, or does not have " + sizeBytes + " bytes");
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
                // The first error is reported without the state of the disk.
                cause.addSuppressed(unknown);
            }
        }
        return errors.of(operation, key.value(), cause, disk);
    }
}
