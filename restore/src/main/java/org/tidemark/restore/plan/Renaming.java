// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.host.MountPoints;

/**
 * Whether a directory can be renamed, known before anything is. Immutable.
 *
 * @param from the directory itself: where it was named by a link, the one to which the link leads
 * @param to a name beside it that is free
 * @param obstacle why it cannot be renamed; empty if nothing is known that prevents it
 */
public record Renaming(Path from, Path to, Optional<Obstacle> obstacle) {
    private static final int STICKY = 01000;

    /**
     * Why a directory cannot be renamed.
     *
     * @param why after "cannot be renamed: "
     * @param hint what to do about it, as sentences; may be empty
     */
    public record Obstacle(String why, String hint) {}

    /** Looks at a directory that exists, and changes nothing. */
    public static Renaming of(Path directory, MountPoints mounts) throws IOException {
        Path from = Files.isSymbolicLink(directory) ? directory.toRealPath() : directory;
        return new Renaming(from, aside(from), obstacle(from, mounts));
    }

    /** A directory that does not exist yet, beside the data directory. */
    public static Path aside(Path directory) {
        Path aside = directory.resolveSibling(directory.getFileName() + ".aside");
        for (int number = 2; Files.exists(aside, LinkOption.NOFOLLOW_LINKS); number++) {
            aside = directory.resolveSibling(directory.getFileName() + ".aside-" + number);
        }
        return aside;
    }

    private static Optional<Obstacle> obstacle(Path directory, MountPoints mounts) throws IOException {
        Path real = directory.toRealPath();
        Path parent = real.getParent();
        if (parent == null || mounts.contains(real)) {
            return Optional.of(new Obstacle("a file system is mounted there", ""));
        }
        Optional<Path> inside = mounts.below(real);
        if (inside.isPresent()) {
            return Optional.of(new Obstacle(
                    "a file system is mounted in it, at '" + inside.get() + "', and would leave with it",
                    "If the cluster has nothing in that file system, unmount it first."));
        }
        for (Path each : new Path[] {parent, real}) {
            if (!Files.isWritable(each)) {
                return Optional.of(new Obstacle(
                        "this user may not write '" + each + "'",
                        "See its owner with ls -ld, and whether it is immutable with lsattr -d."));
            }
        }
        return isOfAnother(real, parent)
                ? Optional.of(new Obstacle(
                        "it belongs to another user, and '" + parent + "' has the sticky bit",
                        "Run this as its owner, or as root."))
                : Optional.empty();
    }

    /** In a directory with the sticky bit, only the owner of an entry, or that of the directory, renames it. */
    private static boolean isOfAnother(Path directory, Path parent) throws IOException {
        int user = FileOwner.current().uid();
        return user != 0
                && Files.getAttribute(parent, "unix:mode", LinkOption.NOFOLLOW_LINKS) instanceof Integer mode
                && (mode & STICKY) != 0
                && FileOwner.of(directory).uid() != user
                && FileOwner.of(parent).uid() != user;
    }
}
