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
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.StoreErrors;

/** Classifies errors of the file system for the callers of a store. Thread-safe. */
final class FileSystemErrors extends StoreErrors {
    /** If less space than this is free, a failed write counts as "full", whatever its message says. */
    private static final long NO_ROOM_BYTES = 64 * 1024;

    private final Path root;

    FileSystemErrors(Path root) {
        super("file://".concat(root.toString()));
        this.root = root;
    }

    @Override
    protected Failure classify(Operation operation, Throwable cause) {
        String detail = (operation == Operation.NAME ? "a local store needs hard links: " : "") + why(cause);
        Failure unavailable = Failure.unavailable(detail).cause(cause);
        // The object already has its name and may be visible. "Full" and "denied" would say that it does not exist.
        if (operation == Operation.SYNC || cause instanceof ClosedByInterruptException) {
            return unavailable;
        }
        if (cause instanceof AccessDeniedException denied) {
            return denied(operation, denied);
        }
        if (operation.takesSpace() && isFull(cause)) {
            return Failure.full(detail)
                    .hint("Free or add disk space: 'df -h " + root + "' shows the free bytes, and 'df -i " + root
                            + "' the free inodes.")
                    .cause(cause);
        }
        return isRefused(operation, cause)
                ? Failure.denied(detail).hint(refusalHint(operation)).cause(cause)
                : unavailable;
    }

    private Failure denied(Operation operation, AccessDeniedException cause) {
        Path path = cause.getFile() == null ? root : Path.of(cause.getFile());
        String hint = operation == Operation.CREATE_DIRECTORY
                ? PermissionDenied.makeDirectory(root)
                : PermissionDenied.giveAway(root, path);
        return Failure.denied(PermissionDenied.describe(path)).hint(hint).cause(cause);
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

    private static String why(Throwable cause) {
        String reason = reason(cause);
        return reason.isEmpty() ? cause.getClass().getSimpleName() : reason;
    }

    private static String reason(Throwable cause) {
        String reason = cause instanceof FileSystemException e ? e.getReason() : cause.getMessage();
        return reason == null ? "" : reason;
    }

    /**
     * java.nio reports these errors only by the text of strerror, in the language of the process. So this method also
     * checks the free space. It recognizes an exceeded quota and a lack of inodes only by their English texts.
     */
    private boolean isFull(Throwable cause) {
        String reason = reason(cause);
        if (reason.equals("No space left on device") || reason.equals("Disk quota exceeded")) {
            return true;
        }
        return !isReadOnly()
                && DiskSpace.of(root)
                        .filter(space -> space.freeBytes() < NO_ROOM_BYTES)
                        .isPresent();
    }

    private boolean isRefused(Operation operation, Throwable cause) {
        String reason = reason(cause);
        if (reason.equals("Operation not permitted") || reason.equals("Read-only file system")) {
            return true;
        }
        if (operation == Operation.NAME
                && (reason.equals("Operation not supported") || reason.equals("Function not implemented"))) {
            return true;
        }
        FileStore store = fileStore();
        if (store == null || !(operation.takesSpace() || operation == Operation.DELETE)) {
            return false;
        }
        boolean withoutLinks = operation == Operation.NAME
                && (store.type().equals("vfat")
                        || store.type().equals("exfat")
                        || store.type().equals("msdos"));
        return store.isReadOnly() || withoutLinks;
    }

    private @Nullable String refusalHint(Operation operation) {
        if (isReadOnly()) {
            return "The file system is mounted read-only. Linux remounts a file system read-only after a disk error:"
                    + " check the output of 'dmesg', then mount it for writing.";
        }
        return operation == Operation.NAME
                ? "Keep the repository on a file system with hard links, such as ext4, XFS or NFS."
                : null;
    }

    /** Whether the file system is known to be mounted read-only. */
    boolean isReadOnly() {
        FileStore store = fileStore();
        return store != null && store.isReadOnly();
    }

    /** In another root than the system's, Java finds no mount point, and so none. */
    private @Nullable FileStore fileStore() {
        try {
            return Files.getFileStore(root);
        } catch (IOException e) {
            return null;
        }
    }
}
