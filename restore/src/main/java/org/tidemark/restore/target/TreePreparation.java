// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ControlFile;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.target.RestoreContents.Directory;

/** Makes the directories and links of a restore. Nothing in them is followed that the restore did not make itself. */
public final class TreePreparation {
    private final TargetTree tree;
    private final FileOwner owner;
    private final List<Path> made = new ArrayList<>();

    /** @param owner who gets what is made */
    public TreePreparation(TargetTree tree, FileOwner owner) {
        this.tree = tree;
        this.owner = owner;
    }

    /**
     * Makes the files of an interrupted restore writable, and removes its temporary ones.
     *
     * @throws UserFacingException {@link ExitCode#RESTORE_REFUSED} if there is a link that a restore would not have
     *     made
     */
    public void requireOwnLinks() throws IOException {
        for (Path root : tree.roots()) {
            Files.walkFileTree(root, new LinkFinder());
        }
    }

    /**
     * Removes pg_control: without it no server starts in the data directory. Durable.
     *
     * @param check fails if a server has been started; then pg_control is put back
     */
    public void disarm(IoAction check) throws IOException {
        Path control = tree.resolve(ControlFile.PATH);
        if (Files.exists(control, LinkOption.NOFOLLOW_LINKS)) {
            Path put = control.resolveSibling(control.getFileName() + DurableFile.TEMPORARY);
            Files.move(control, put, StandardCopyOption.ATOMIC_MOVE);
            boolean isUnused = false;
            try {
                check.run();
                isUnused = true;
            } finally {
                if (!isUnused) {
                    Files.move(put, control, StandardCopyOption.ATOMIC_MOVE);
                }
            }
            Files.delete(put);
            DurableFile.sync(tree.resolve("global"));
        }
        for (String name : RestoreContents.SIGNALS) {
            Files.deleteIfExists(tree.resolve(name));
        }
        DurableFile.sync(tree.root());
    }

    /** Makes the directories and the links of the tablespaces; durable after {@link #sync}. */
    public void make(RestoreContents contents, List<TargetDirectory> directories) throws IOException {
        for (Directory each : contents.directories()) {
            Path directory = each.directory();
            if (Files.isSymbolicLink(directory) && Files.isDirectory(directory)) {
                // Over a cluster alone: DeltaSurvey says which links stay.
                continue;
            }
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(DurableFile.permissions(0700)));
            }
            settle(directory, each.mode());
        }
        for (TargetDirectory target : directories) {
            switch (target) {
                case TargetDirectory.DataDirectory data -> settle(data.path(), contents.rootMode());
                case TargetDirectory.Tablespace tablespace -> {
                    settle(TargetTree.followed(tablespace.path()), contents.rootMode());
                    makeLink("pg_tblspc/" + tablespace.oid(), tablespace.path());
                }
                case TargetDirectory.WalDirectory wal -> {
                    settle(TargetTree.followed(wal.path()), contents.rootMode());
                    makeLink("pg_wal", wal.path());
                }
            }
        }
    }

    private void settle(Path directory, int mode) throws IOException {
        owner.give(directory);
        // The owner must be able to write it, whatever the backup says.
        Files.setPosixFilePermissions(directory, DurableFile.permissions(mode | 0700));
        made.add(directory);
    }

    private void makeLink(String path, Path to) throws IOException {
        Path link = tree.root().resolve(path);
        if (Files.isSymbolicLink(link)) {
            Files.delete(link);
        } else if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "an earlier restore made '" + link + "' in the data directory, and now it is to be a link to '" + to
                            + "'",
                    "Repeat the command of the earlier restore, or remove the directory '" + tree.root() + "'.");
        }
        Files.createSymbolicLink(link, to);
        owner.give(link);
    }

    /** Makes every name durable. */
    void sync() throws IOException {
        for (Path directory : made) {
            DurableFile.sync(directory);
        }
    }

    private static void makeWritable(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        if (!permissions.containsAll(DurableFile.permissions(0600))) {
            Files.setPosixFilePermissions(file, DurableFile.permissions(0600));
        }
    }

    private final class LinkFinder extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (attributes.isSymbolicLink() || attributes.isOther()) {
                Path name = tree.root().relativize(file);
                if (!attributes.isSymbolicLink()
                        || tree.linkTarget(name.toString()).isEmpty()) {
                    throw new UserFacingException(
                            ExitCode.RESTORE_REFUSED,
                            "'" + file + "' is a link or a special file that no restore made",
                            "Who put it there? Remove it, or restore into another directory.");
                }
            }
            if (file.toString().endsWith(DurableFile.TEMPORARY)) {
                Files.delete(file);
            } else if (attributes.isRegularFile()) {
                // An interrupted restore may have given it the rights of the backup already, such as 0400.
                makeWritable(file);
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
