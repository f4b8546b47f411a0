// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The free and total space of a file system or a store. Immutable.
 *
 * @param freeBytes the space that this user may still write
 * @param totalBytes the total size, at least 1
 */
public record DiskSpace(long freeBytes, long totalBytes) {

    /**
     * The space of the file system of {@code path}, an existing file or directory. Empty if the file system reports no
     * size, as some network and memory file systems do, or if the path cannot be reached.
     *
     * <p>It asks the kernel about the path itself (statvfs). A {@link java.nio.file.FileStore} looks the mount point up
     * in /proc first, and fails where it is not listed, as in a chroot.
     */
    public static Optional<DiskSpace> of(Path path) {
        File file = path.toFile();
        long total = file.getTotalSpace();
        return total <= 0 ? Optional.empty() : Optional.of(new DiskSpace(file.getUsableSpace(), total));
    }

    public int freePercent() {
        return (int) ((double) freeBytes / Math.max(1, totalBytes) * 100);
    }
}
