// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/** Explains why this user may not read or write a file: owner and mode of the file or directory that denies it. */
public final class PermissionDenied {
    private PermissionDenied() {}

    /**
     * {@code permission denied for user 'postgres' ('/var/lib' belongs to root, mode 0755)}. The text names the
     * directory or file that denies access; if its owner cannot be read, the text names only the user.
     */
    public static String describe(Path path) {
        String text = "permission denied for user '" + user() + "'";
        Path obstacle = obstacle(path.toAbsolutePath().normalize());
        try {
            PosixFileAttributes found = Files.readAttributes(obstacle, PosixFileAttributes.class);
            return text + " ('" + obstacle + "' belongs to " + found.owner().getName() + ", mode 0"
                    + octal(PosixFilePermissions.toString(found.permissions())) + ")";
        } catch (IOException | UnsupportedOperationException e) {
            return text;
        }
    }

    /** The command with which root creates {@code directory} for this user. */
    public static String makeDirectory(Path directory) {
        return "As root: install -d -o " + user() + " -g " + group() + " -m 0700 '" + directory + "'";
    }

    /**
     * How this user gets access to {@code path} and everything in it: by a command of its own if what denies it belongs
     * to this user, by one of root if it belongs to root. What belongs to another user is for that user to work with.
     *
     * @param denied what could not be read or written
     */
    public static String giveAway(Path path, Path denied) {
        try {
            String owner = Files.getOwner(obstacle(denied.toAbsolutePath().normalize()))
                    .getName();
            if (owner.equals(user())) {
                return "As " + user() + ": chmod -R u+rwX '" + path + "'";
            }
            if (!owner.equals("root")) {
                return "It belongs to user '" + owner + "': run this as that user, or as root.";
            }
        } catch (IOException | UnsupportedOperationException e) {
            // Nothing is known of its owner.
        }
        return "As root: chown -R " + user() + ":" + group() + " '" + path + "'";
    }

    private static String user() {
        return SystemUser.current();
    }

    private static String group() {
        try {
            return Files.readAttributes(Path.of("/proc/self"), PosixFileAttributes.class)
                    .group()
                    .getName();
        } catch (IOException | UnsupportedOperationException e) {
            return user();
        }
    }

    /** The first directory of the path that this user cannot enter; if there is none, the deepest path that exists. */
    private static Path obstacle(Path path) {
        Path deepest = Path.of("/");
        for (int length = 1; length <= path.getNameCount(); length++) {
            Path each = Path.of("/").resolve(path.subpath(0, length));
            if (!Files.exists(each)) {
                break;
            }
            deepest = each;
            if (Files.isDirectory(each) && !Files.isExecutable(each)) {
                break;
            }
        }
        return deepest;
    }

    private static String octal(String permissions) {
        int mode = 0;
        for (int i = 0; i < permissions.length(); i++) {
            mode = mode * 2 + (permissions.charAt(i) == '-' ? 0 : 1);
        }
        return String.format(Locale.ROOT, "%03o", mode);
    }
}
