// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.PermissionDenied;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** Translates errors of the file system into a store's errors. No other class of this store does that. Thread-safe. */
final class FileSystemErrors {
    /** If less space than this is free, a failed write counts as "full", whatever its message says. */
    private static final long NO_ROOM_BYTES = 64 * 1024;

    private final Path root;

    FileSystemErrors(Path root) {
        this.root = root;
    }

    /** The failed operation, with the beginning of its message. */
    enum Doing {
        WRITE("could not write", true),
        SYNC("written but not known to be durable:", true),
        LINK("could not make a hard link, which a local store needs, for", true),
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
    }

    String description() {
        return "file://".concat(root.toString());
    }

    /** The error to throw; a {@link StorageException} is returned unchanged. */
    StorageException of(Doing doing, String key, IOException cause) {
        if (cause instanceof StorageException classified) {
            return classified;
        }
        String what = doing.text + (key.isEmpty() ? " " : " '" + key + "' in ") + description() + ": ";
        String message = what + why(cause);
        // The object already has its name and may be visible. "Full" and "denied" would say that it does not exist.
        if (doing == Doing.SYNC || cause instanceof ClosedByInterruptException) {
            return new StorageUnavailable(message, cause);
        }
        if (cause instanceof AccessDeniedException) {
            return denied(what, key, doing, cause);
        }
        if (doing.takesRoom && isFull(cause)) {
            return new StorageFull(
                    message,
                    "Free or add disk space: 'df -h " + root + "' shows the free bytes, and 'df -i " + root
                            + "' the free inodes.",
                    cause);
        }
        if (isRefused(doing, cause)) {
            return new StorageDenied(message, refusalHint(doing), cause);
        }
        return new StorageUnavailable(message, cause);
    }

    private StorageDenied denied(String what, String key, Doing doing, IOException cause) {
        String file = cause instanceof FileSystemException e ? e.getFile() : null;
        Path path = file != null ? Path.of(file) : root.resolve(key);
        String hint = doing == Doing.MAKE_ROOT
                ? PermissionDenied.makeDirectory(root)
                : "Run this as the owner of the repository. If root created files in it, change their owner. "
                        + PermissionDenied.giveAway(root);
        return new StorageDenied(what + PermissionDenied.describe(path), hint, cause);
    }

    /** The root does not exist, so the store cannot say whether an object exists. */
    StorageUnavailable noRoot(@Nullable IOException cause) {
        return new StorageUnavailable(
                "there is no directory '" + root + "': is it mounted?",
                "Mount its disk; 'findmnt' shows what is mounted. If this is a new repository, run: tidemark init",
                cause);
    }

    /** The root is a different directory than before, so its content says nothing about the store. */
    StorageUnavailable otherRoot() {
        return new StorageUnavailable(
                "'" + root + "' is not the same directory as before: is it mounted?",
                "Mount its disk again; 'findmnt' shows what is mounted. Then run the command again.",
                null);
    }

    StorageDenied notAnObject(Path path, String whatItIs) {
        return new StorageDenied("'" + path + "' is " + whatItIs + ", which a store must not contain there", null);
    }

    private static String why(IOException cause) {
        String reason = reason(cause);
        return reason.isEmpty() ? cause.getClass().getSimpleName() : reason;
    }

    private static String reason(IOException cause) {
        String reason = cause instanceof FileSystemException e ? e.getReason() : cause.getMessage();
        return reason == null ? "" : reason;
    }

    /**
     * java.nio reports these errors only by the text of strerror, in the language of the process. So this method also
     * checks the free space. It recognizes an exceeded quota and a lack of inodes only by their English texts.
     */
    private boolean isFull(IOException cause) {
        String reason = reason(cause);
        if (reason.equals("No space left on device") || reason.equals("Disk quota exceeded")) {
            return true;
        }
        FileStore store = fileStore();
        return !(store != null && store.isReadOnly())
                && DiskSpace.of(root)
                        .filter(space -> space.freeBytes() < NO_ROOM_BYTES)
                        .isPresent();
    }

    private boolean isRefused(Doing doing, IOException cause) {
        String reason = reason(cause);
        if (reason.equals("Operation not permitted") || reason.equals("Read-only file system")) {
            return true;
        }
        if (doing == Doing.LINK
                && (reason.equals("Operation not supported") || reason.equals("Function not implemented"))) {
            return true;
        }
        FileStore store = fileStore();
        if (store == null || !(doing.takesRoom || doing == Doing.DELETE)) {
            return false;
        }
        boolean withoutLinks = doing == Doing.LINK
                && (store.type().equals("vfat")
                        || store.type().equals("exfat")
                        || store.type().equals("msdos"));
        return store.isReadOnly() || withoutLinks;
    }

    private @Nullable String refusalHint(Doing doing) {
        FileStore store = fileStore();
        if (store != null && store.isReadOnly()) {
            return "The file system is mounted read-only. Linux remounts a file system read-only after a disk error:"
                    + " check the output of 'dmesg', then mount it for writing.";
        }
        return doing == Doing.LINK
                ? "Keep the repository on a file system with hard links, such as ext4, XFS or NFS."
                : null;
    }

    private @Nullable FileStore fileStore() {
        try {
            return Files.getFileStore(root);
        } catch (IOException e) {
            return null;
        }
    }
}
