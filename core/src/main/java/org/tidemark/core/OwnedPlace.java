// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A directory or a file of this host that belongs to something, so that nothing else is to be put there. Paths are
 * compared by where they lead, and directories by device and inode as well: links and bind mounts give one directory
 * several names. Immutable.
 *
 * @param owner in messages: {@code repository 'local'}
 * @param path absolute; it may not exist yet
 */
public record OwnedPlace(Kind kind, String owner, Path path) {
    /** What it belongs to. */
    public enum Kind {
        REPOSITORY,
        SPOOL,
        /** A data directory, a pg_wal elsewhere, or a tablespace. */
        CLUSTER,
        /** A file that this program reads. */
        FILE
    }

    /** Where another path is. */
    public enum Relation {
        EQUAL,
        INSIDE,
        AROUND
    }

    /** Where another path is, seen from this place; empty if they have nothing in common. */
    public Optional<Relation> relationOf(Path other) {
        Located own = Located.of(path);
        Located its = Located.of(other);
        if (own.isSame(its)) {
            return Optional.of(Relation.EQUAL);
        }
        if (its.isBelow(own)) {
            return Optional.of(Relation.INSIDE);
        }
        return own.isBelow(its) ? Optional.of(Relation.AROUND) : Optional.empty();
    }

    @Override
    public String toString() {
        return owner + " '" + path + "'";
    }

    /**
     * Where a path leads.
     *
     * @param key of the file or directory itself; empty if it does not exist
     * @param above the keys of the directories above it that exist
     */
    private record Located(Path real, Optional<Object> key, List<Object> above) {
        static Located of(Path path) {
            Path absolute = path.toAbsolutePath().normalize();
            Path existing = absolute;
            while (existing.getParent() != null && !Files.exists(existing)) {
                existing = existing.getParent();
            }
            Path real;
            try {
                real = existing.toRealPath();
            } catch (IOException e) {
                // Such as the working directory of a process in another container.
                real = existing;
            }
            List<Object> above = new ArrayList<>();
            for (Path each = existing.equals(absolute) ? real.getParent() : real;
                    each != null;
                    each = each.getParent()) {
                key(each).ifPresent(above::add);
            }
            return new Located(
                    real.resolve(existing.relativize(absolute)).normalize(),
                    existing.equals(absolute) ? key(existing) : Optional.empty(),
                    above);
        }

        private static Optional<Object> key(Path path) {
            try {
                return Optional.ofNullable(
                        Files.readAttributes(path, BasicFileAttributes.class).fileKey());
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        boolean isSame(Located other) {
            return real.equals(other.real) || (key.isPresent() && key.equals(other.key));
        }

        boolean isBelow(Located other) {
            return real.startsWith(other.real)
                    || other.key.filter(above::contains).isPresent();
        }
    }
}
