// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.HostFiles.Owner;
import org.tidemark.core.HostFiles.Stat;

/**
 * The attributes of a file on the server. Immutable.
 *
 * @param mode type and permissions as in stat(2)
 * @param owner empty if the server does not tell
 * @param modified the time of the last change, in whole seconds
 */
public record Attributes(long sizeBytes, int mode, Optional<Owner> owner, Instant modified) {
    private static final int HAS_SIZE = 0x1;
    private static final int HAS_OWNER = 0x2;
    private static final int HAS_PERMISSIONS = 0x4;
    private static final int HAS_TIMES = 0x8;
    private static final int HAS_EXTENSIONS = 0x80000000;
    private static final int NEEDED = HAS_SIZE | HAS_PERMISSIONS | HAS_TIMES;

    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR_FILE = 0100000;
    private static final int SYMBOLIC_LINK = 0120000;

    /** @throws IOException if the size, the type or the times are missing */
    static Attributes read(ByteBuffer bytes) throws IOException {
        int flags = bytes.getInt();
        if ((flags & NEEDED) != NEEDED) {
            throw new IOException("the server does not send the sizes, types and times of files");
        }
        long size = bytes.getLong();
        Optional<Owner> owner =
                (flags & HAS_OWNER) == 0 ? Optional.empty() : Optional.of(new Owner(bytes.getInt(), bytes.getInt()));
        int mode = bytes.getInt();
        bytes.getInt();
        Instant modified = Instant.ofEpochSecond(Integer.toUnsignedLong(bytes.getInt()));
        if ((flags & HAS_EXTENSIONS) != 0) {
            for (int count = bytes.getInt(); count > 0; count--) {
                Reply.text(bytes);
                Reply.text(bytes);
            }
        }
        return new Attributes(size, mode, owner, modified);
    }

    /** The attributes in a request that sets only permissions. */
    static byte[] ofMode(int permissions) {
        return ByteBuffer.allocate(8)
                .putInt(HAS_PERMISSIONS)
                .putInt(permissions)
                .array();
    }

    Stat stat() {
        return Stat.of(mode, owner, sizeBytes, modified);
    }

    public boolean isDirectory() {
        return (mode & TYPE) == DIRECTORY;
    }

    public boolean isRegularFile() {
        return (mode & TYPE) == REGULAR_FILE;
    }

    public boolean isSymbolicLink() {
        return (mode & TYPE) == SYMBOLIC_LINK;
    }
}
