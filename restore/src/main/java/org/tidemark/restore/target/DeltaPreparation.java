// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.Set;
import org.tidemark.core.DurableFile;
import org.tidemark.core.PathBytes;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.DeltaChanges;

/** Makes a cluster ready for a restore that goes over it. */
public record DeltaPreparation(DeltaChanges changes, FileOwner owner) {
    /** Copies the files of others that the backup's replace. Durable on return. */
    public void copy() throws IOException {
        for (DeltaChanges.Kept each : changes.copied()) {
            Path to = changes.aside().resolve(PathBytes.path(each.path()));
            make(parent(to));
            copy(each.file(), to);
            DurableFile.sync(parent(to));
        }
    }

    /** Moves the WAL that may exist nowhere else. Durable on return: everything else can be had again. */
    public void moveWal() throws IOException {
        if (!changes.wal().isEmpty()) {
            make(changes.aside());
            Set<Path> from = new LinkedHashSet<>();
            for (Path file : changes.wal()) {
                move(file, changes.aside().resolve(file.getFileName()));
                from.add(parent(file));
            }
            DurableFile.sync(changes.aside());
            for (Path each : from) {
                DurableFile.sync(each);
            }
        }
    }

    private void make(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            owner.makeDirectory(directory);
        }
    }

    private void move(Path file, Path to) throws IOException {
        requireFree(to);
        try {
            Files.move(file, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            // pg_wal, or what is beside the data directory, is another file system.
            copy(file, to);
            DurableFile.sync(changes.aside());
            Files.delete(file);
        }
    }

    private void copy(Path file, Path to) throws IOException {
        requireFree(to);
        Path temporary = to.resolveSibling(to.getFileName() + DurableFile.TEMPORARY);
        Files.copy(file, temporary, StandardCopyOption.REPLACE_EXISTING, LinkOption.NOFOLLOW_LINKS);
        owner.with(0600).applyTo(temporary);
        DurableFile.sync(temporary);
        Files.move(temporary, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void requireFree(Path to) throws IOException {
        if (Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(to.toString());
        }
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? Path.of("/") : parent;
    }

    /** Removes what PostgreSQL wrote and the backup lacks, and makes the rest writable. */
    public void clear() throws IOException {
        for (Path each : changes.removed()) {
            try {
                Files.deleteIfExists(each);
            } catch (DirectoryNotEmptyException e) {
                // Something in it stays.
            }
        }
        for (Path each : changes.outside()) {
            DurableFile.sync(each);
        }
        for (Path each : changes.readOnly()) {
            Files.setPosixFilePermissions(each, DurableFile.permissions(0600));
        }
    }
}
