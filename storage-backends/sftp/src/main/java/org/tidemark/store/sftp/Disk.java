// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.nio.ByteBuffer;

/**
 * The file system that holds the store, as {@code statvfs@openssh.com} tells of it. Immutable.
 *
 * @param id of the file system; 0 where it has none
 * @param freeFiles how many files can be made; file systems that do not count them say 0, and 0 in all
 */
record Disk(long freeBytes, long allFiles, long freeFiles, long id, boolean readOnly) {
    /** With less than this, a failure without a reason, while something is written, is for want of room. */
    private static final long NO_ROOM_BYTES = 1024 * 1024;

    private static final long READ_ONLY = 0x1;

    static Disk read(ByteBuffer bytes) {
        bytes.getLong();
        long fragmentBytes = bytes.getLong();
        bytes.getLong();
        bytes.getLong();
        long freeFragments = bytes.getLong();
        long allFiles = bytes.getLong();
        bytes.getLong();
        long freeFiles = bytes.getLong();
        long id = bytes.getLong();
        long flags = bytes.getLong();
        long freeBytes = Long.MAX_VALUE / Math.max(fragmentBytes, 1) < freeFragments
                ? Long.MAX_VALUE
                : freeFragments * fragmentBytes;
        return new Disk(freeBytes, allFiles, freeFiles, id, (flags & READ_ONLY) != 0);
    }

    boolean isFull() {
        return freeBytes < NO_ROOM_BYTES || (allFiles > 0 && freeFiles == 0);
    }
}
