// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.ssh.SshException;
import org.tidemark.ssh.sftp.Reply.Disk;
import org.tidemark.ssh.sftp.SftpStatusException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.StoreErrors;

/** Classifies errors of SSH and SFTP for the callers of a store. Thread-safe. */
final class SftpErrors extends StoreErrors {
    private final SftpConfig config;

    SftpErrors(SftpConfig config) {
        super(config.description());
        this.config = config;
    }

    @Override
    protected Failure classify(Operation operation, Throwable cause) {
        return classify(operation, cause, Optional.empty());
    }

    /** @param disk the state of the file system, if the status of the error is not specific */
    StorageException of(Operation operation, String key, IOException cause, Optional<Disk> disk) {
        return cause instanceof StorageException classified
                ? classified
                : of(operation, key, classify(operation, cause, disk));
    }

    private Failure classify(Operation operation, Throwable cause, Optional<Disk> disk) {
        // The object has its name and may be visible. "Full" and "denied" would say that it does not exist.
        if (operation == Operation.SYNC || !(cause instanceof SftpStatusException refused)) {
            return Failure.unavailable(why(cause)).cause(cause);
        }
        Failure failure = switch (refused.status()) {
            case SftpStatusException.PERMISSION_DENIED -> permissionDenied(operation, cause);
            case SftpStatusException.UNSUPPORTED ->
                Failure.denied(why(cause) + ": the server does not support an operation that a store needs");
            default -> unexplained(operation, cause, disk);
        };
        return failure.cause(cause);
    }

    private Failure permissionDenied(Operation operation, Throwable cause) {
        String user = config.server().userName();
        return Failure.denied(why(cause) + " for user '" + user + "'"
                        + (operation == Operation.NAME ? ", or the file system has no hard links" : ""))
                .hint("On the server, make '" + user + "' the owner of '" + config.root()
                        + "' and of all files in it. 'ls -ld " + config.root() + "' shows the current owner.");
    }

    /** OpenSSH has one status for a full disk, a read-only file system and most other errors. */
    private static Failure unexplained(Operation operation, Throwable cause, Optional<Disk> disk) {
        if (disk.isPresent() && disk.get().readOnly()) {
            return Failure.denied(why(cause) + ": the file system is read-only");
        }
        if (operation.takesSpace() && disk.isPresent() && disk.get().isFull()) {
            return Failure.full(why(cause) + ": no space is left")
                    .hint(
                            "Free or add disk space on the server: 'df -h' shows the free bytes, and 'df -i' the free inodes.");
        }
        return Failure.unavailable(why(cause));
    }

    /** The root does not exist, so the store cannot say whether an object exists. */
    StorageUnavailable noRoot() {
        return new StorageUnavailable(
                "there is no directory '" + config.root() + "' at " + config.server() + ": is it mounted?",
                "On the server, mount its disk. If this is a new repository, run: tidemark init",
                null);
    }

    /** The root is on a different file system than before, so its content says nothing about the store. */
    StorageUnavailable otherDisk() {
        return new StorageUnavailable(
                "'" + config.root() + "' at " + config.server()
                        + " is on another file system than before: is it mounted?",
                "On the server, mount its disk again, then run the command again.",
                null);
    }

    StorageDenied notAnObject(String path, String whatItIs) {
        return new StorageDenied(
                "'" + path + "' at " + config.server() + " is " + whatItIs + ", which a store must not contain there",
                null);
    }

    StorageDenied cannotSync() {
        return new StorageDenied(
                "the store writes nothing to " + description() + ": the server offers no fsync@openssh.com, so a power"
                        + " failure could lose acknowledged objects. To allow that, set: "
                        + SftpOptions.FSYNC + " = if-offered",
                null);
    }

    StorageDenied cannotLink() {
        return new StorageDenied(
                "the store writes nothing to " + description()
                        + ": the server offers no hardlink@openssh.com, so two hosts"
                        + " could overwrite each other without notice. If a single host writes there, set: "
                        + SftpOptions.CREATE + " = rename, and single-writer = true",
                null);
    }

    /** No connection could be opened; a classified error is returned unchanged. */
    StorageException unreached(IOException cause) {
        if (cause instanceof StorageException classified) {
            return classified;
        }
        String message = "no connection to " + description() + ": " + why(cause);
        if (!(cause instanceof SshException ssh)) {
            return new StorageUnavailable(message, null, cause);
        }
        String hint = ssh.hint().orElse(null);
        return switch (ssh.kind()) {
            case REFUSED -> new StorageDenied(message, hint, ssh);
            case UNREACHED -> new StorageUnavailable(message, hint, ssh);
        };
    }

    private static String why(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
