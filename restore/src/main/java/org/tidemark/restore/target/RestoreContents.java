// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.postgres.ControlFile;

/**
 * The entries of a backup's manifest, sorted by what a restore does with them. Filled by one thread, then only read.
 */
public final class RestoreContents {
    /** What a server or a restore wrote for itself: it means nothing, or the wrong thing, in a copy. */
    static final List<String> SIGNALS = List.of("recovery.signal", "standby.signal");

    private static final Set<String> LEFT_OUT =
            Set.of("standby.signal", "recovery.signal", "postmaster.pid", "postmaster.opts", RestoreMarker.NAME);

    private static final List<String> REQUIRED = List.of("PG_VERSION", "backup_label");

    private final List<Directory> directories = new ArrayList<>();
    private final FileTable files = new FileTable();
    private final PieceTable pieces = new PieceTable();
    private final List<String> foreignLinks = new ArrayList<>();
    private final Set<String> parents = new HashSet<>();
    private OptionalInt controlFile = OptionalInt.empty();

    /** A directory to be made, after the one that contains it. */
    record Directory(Path directory, int mode) {}

    private RestoreContents() {}

    /** Reads the manifest of a backup for the directories that get its files. */
    public static RestoreContents read(BackupCatalog catalog, BaseBackup backup, TargetTree tree) throws IOException {
        RestoreContents contents = new RestoreContents();
        Set<String> required = new HashSet<>(REQUIRED);
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            required.remove(next.get().path());
            contents.add(next.get(), tree, backup);
        }
        if (!required.isEmpty() || contents.controlFile.isEmpty()) {
            throw new DamagedObjectException(
                    backup.keys().backup(),
                    "its manifest lacks " + (required.isEmpty() ? "'" + ControlFile.PATH + "'" : required));
        }
        contents.files.complete();
        return contents;
    }

    private void add(ManifestEntry entry, TargetTree tree, BaseBackup backup) throws IOException {
        requireParent(entry.path(), tree, backup);
        switch (entry) {
            case DirectoryEntry directory -> {
                parents.add(directory.path());
                if (tree.linkTarget(directory.path()).isEmpty()) {
                    directories.add(new Directory(tree.resolve(directory.path()), directory.mode()));
                }
            }
            case LinkEntry link -> {
                // A tablespace's link is made from the plan. Any other link would lead to files that are not in the
                // backup.
                if (tree.linkTarget(link.path()).isEmpty()) {
                    foreignLinks.add(link.path());
                }
            }
            case FileEntry file -> {
                if (!LEFT_OUT.contains(file.path())) {
                    add(file, tree);
                }
            }
        }
    }

    private void add(FileEntry entry, TargetTree tree) throws IOException {
        tree.resolve(entry.path()); // or it is refused, before anything is written
        int file = files.add(entry, pieces);
        if (entry.path().equals(ControlFile.PATH)) {
            controlFile = OptionalInt.of(file);
        }
    }

    /** Only directories of the manifest are parents: nothing is ever written through a link. */
    private void requireParent(String path, TargetTree tree, BaseBackup backup) throws DamagedObjectException {
        int slash = path.lastIndexOf('/');
        if (slash < 0) {
            return;
        }
        String parent = path.substring(0, slash);
        if (!parents.contains(parent) && tree.linkTarget(parent).isEmpty()) {
            throw new DamagedObjectException(
                    backup.keys().backup(), "its manifest has '" + path + "', and no directory '" + parent + "'");
        }
    }

    List<Directory> directories() {
        return directories;
    }

    /** Whether the backup has a directory of this path. */
    boolean isDirectory(String path) {
        return parents.contains(path);
    }

    /** The paths of all files and directories. */
    Stream<String> paths() {
        return Stream.concat(parents.stream(), IntStream.range(0, files.size()).mapToObj(files::path));
    }

    /** All files, pg_control among them. */
    public FileTable files() {
        return files;
    }

    /** The pieces of all files. */
    public PieceTable pieces() {
        return pieces;
    }

    /** Links that are in the backup, and are not made. */
    List<String> foreignLinks() {
        return foreignLinks;
    }

    /** The number of pg_control. */
    public int controlFile() {
        return controlFile.orElseThrow();
    }

    /** 0750 if the backup's directories let the group in, which PostgreSQL does for all or for none; else 0700. */
    int rootMode() {
        return directories.stream().anyMatch(directory -> (directory.mode() & 0050) == 0050) ? 0750 : 0700;
    }
}
