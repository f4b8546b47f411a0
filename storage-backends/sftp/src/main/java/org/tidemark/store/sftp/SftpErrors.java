// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.ssh.SshException;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The only place that says what an error of SSH or of SFTP means to the callers of a store. Thread-safe. */
final class SftpErrors {
    private final SftpConfig config;

    SftpErrors(SftpConfig config) {
        this.config = config;
    }

    /** What was being done, as its message says it. */
    enum Doing {
        WRITE("could not write", true),
        SYNC("written but not known to be durable:", true),
        NAME("could not give its name to", true),
        MAKE_ROOT("could not make the directory of", true),
        READ("could not read", false),
        LOOK_UP("could not look up", false),
        LIST("could not list", false),
        DELETE("could not delete", false);

        private final String text;
        private final boolean takesRoom;

        Doing(String text, boolean takesRoom) {
            this.text = text;
            this.takesRoom = takesRoom;
        }

        boolean takesRoom() {
            return takesRoom;
        }
    }

    String description() {
        return config.description();
    }

    /** The error to throw; one that is classified already stays as it is. */
    StorageException of(Doing doing, String key, IOException cause) {
        return of(doing, key, cause, Optional.empty());
    }

    /** @param disk what the server says of its file system, where the error itself does not say enough */
    StorageException of(Doing doing, String key, IOException cause, Optional<Disk> disk) {
        if (cause instanceof StorageException classified) {
            return classified;
        }
        String message = doing.text + (key.isEmpty() ? " " : " '" + key + "' in ") + description() + ": " + why(cause);
        // What has its name already may be seen by others, so neither "full" nor "denied" may be said any more.
        if (doing == Doing.SYNC || !(cause instanceof SftpStatusException refused)) {
            return new StorageUnavailable(message, cause);
        }
        return switch (refused.status()) {
            case SftpStatusException.PERMISSION_DENIED ->
                new StorageDenied(
                        message + " for user '" + config.server().userName() + "'"
                                + (doing == Doing.NAME ? ", or the file system has no hard links" : ""),
                        "On the server, give '" + config.root() + "' and what is in it to '"
                                + config.server().userName() + "'; see whose it is with: ls -ld " + config.root(),
                        cause);
            case SftpStatusException.UNSUPPORTED ->
                new StorageDenied(message + ": the server does not do what a store needs", cause);
            default -> unexplained(doing, message, cause, disk);
        };
    }

    /** OpenSSH has one status for want of room, for a file system that is read-only, and for much else. */
    private static StorageException unexplained(Doing doing, String message, IOException cause, Optional<Disk> disk) {
        if (disk.isPresent() && disk.get().readOnly()) {
            return new StorageDenied(message + ": the file system is read-only", cause);
        }
        if (doing.takesRoom && disk.isPresent() && disk.get().isFull()) {
            return new StorageFull(
                    message + ": there is no room",
                    "Make room on the server's disk: see 'df -h' and 'df -i' there.",
                    cause);
        }
        return new StorageUnavailable(message, cause);
    }

    /** The root is gone or was never there: to say "absent" of an object would be a guess. */
    StorageUnavailable noRoot() {
        return new StorageUnavailable(
                "there is no directory '" + config.root() + "' at " + config.server() + ": is it mounted?",
                "On the server, mount its disk. If this is a new repository, run: tidemark init",
                null);
    }

    /** What another file system lacks, and what it takes, says nothing about the store. */
    StorageUnavailable otherDisk() {
        return new StorageUnavailable(
                "'" + config.root() + "' at " + config.server()
                        + " is on another file system than before: is it mounted?",
                "On the server, mount its disk again, then run the command again.",
                null);
    }

    StorageDenied notAnObject(String path, String whatItIs) {
        return new StorageDenied(
                "'" + path + "' at " + config.server() + " is " + whatItIs + ", which a store does not hold there",
                null);
    }

    StorageDenied cannotSync() {
        return new StorageDenied(
                "nothing is written to " + description() + ": the server offers no fsync@openssh.com, so it could lose"
                        + " with its power what it has acknowledged. If that may be, say so: "
                        + SftpConfig.FSYNC_OPTION + " = if-offered",
                null);
    }

    StorageDenied cannotLink() {
        return new StorageDenied(
                "nothing is written to " + description() + ": the server offers no hardlink@openssh.com, so two hosts"
                        + " could overwrite each other unseen. If a single host writes there, say so: "
                        + SftpConfig.CREATE_OPTION + " = rename, and single-writer = true",
                null);
    }

    /** No connection was made; an error that is classified already stays as it is. */
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

    private static String why(Exception cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
