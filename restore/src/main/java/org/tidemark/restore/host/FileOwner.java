// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.tidemark.core.DurableFile;

/** Who owns a file, by number: a host may have no names for them. Immutable. */
public record FileOwner(int uid, int gid) {
    /** The owner of a file that is there. */
    public static FileOwner of(Path file) throws IOException {
        return new FileOwner(number(file, "unix:uid"), number(file, "unix:gid"));
    }

    /** The user of this process. */
    public static FileOwner current() throws IOException {
        // What a process has in /proc belongs to its effective user.
        Path self = Path.of("/proc/self");
        return Files.exists(self)
                ? new FileOwner(following(self, "unix:uid"), following(self, "unix:gid"))
                : ofNewFile();
    }

    private static FileOwner ofNewFile() throws IOException {
        Path file = Files.createTempFile("tidemark", null);
        try {
            return of(file);
        } finally {
            Files.delete(file);
        }
    }

    /** Gives a file to this owner, if it is not theirs already; a link itself, not what it leads to. */
    public void give(Path file) throws IOException {
        FileOwner present = of(file);
        if (!present.equals(this)) {
            Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Makes a directory of this owner, and those above it that are missing. On return their names are durable. */
    public void makeDirectory(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent != null && !Files.exists(parent)) {
            makeDirectory(parent);
        }
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(DurableFile.permissions(0700)));
        give(directory);
        if (parent != null) {
            DurableFile.sync(parent);
        }
    }

    /**
     * The mode of a file that a restore adds to a data directory: PostgreSQL lets the group read all files or none, by
     * the mode of the directory (src/common/file_perm.c).
     */
    public static int fileMode(Path dataDirectory) throws IOException {
        return (following(dataDirectory, "unix:mode") & 0050) == 0050 ? 0640 : 0600;
    }

    /** Gives a file to this owner, with these nine low bits of a Unix mode. */
    public DurableFile.Rights with(int mode) {
        return file -> {
            // One look instead of three: of a million small files each counts.
            Map<String, Object> present = Files.readAttributes(file, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
            if (!Integer.valueOf(uid).equals(present.get("uid"))) {
                Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            }
            if (!Integer.valueOf(gid).equals(present.get("gid"))) {
                Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
            }
            if (!(present.get("mode") instanceof Integer bits) || (bits & 07777) != (mode & 0777)) {
                Files.setPosixFilePermissions(file, DurableFile.permissions(mode));
            }
        };
    }

    private static int number(Path file, String attribute) throws IOException {
        return (Integer) Files.getAttribute(file, attribute, LinkOption.NOFOLLOW_LINKS);
    }

    private static int following(Path file, String attribute) throws IOException {
        return (Integer) Files.getAttribute(file, attribute);
    }
}
