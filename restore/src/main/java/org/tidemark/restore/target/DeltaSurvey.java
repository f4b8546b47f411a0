// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.DeltaChanges;
import org.tidemark.restore.plan.DeltaChanges.Conflict;

/** Looks through the directories of a cluster that a restore is to go over, and changes nothing. Not thread-safe. */
public final class DeltaSurvey {
    private static final String WAL = "pg_wal/";

    private final TargetTree tree;
    private final RestoreContents contents;
    private final BaseBackup backup;
    private final UnarchivedWal unarchived;

    private final List<Path> wal = new ArrayList<>();
    /** Files of the backup that others than PostgreSQL write, by their number: configuration, certificates, logs. */
    private final Map<Integer, Path> own = new HashMap<>();

    private final Set<String> archived = new HashSet<>();
    private final List<Path> removed = new ArrayList<>();
    private final List<String> staying = new ArrayList<>();
    private final List<Path> readOnly = new ArrayList<>();
    private final Map<Path, Long> presentBytes = new HashMap<>();
    private final List<Conflict> conflicts = new ArrayList<>();
    private final List<Path> foreign = new ArrayList<>();
    private final List<Path> outside = new ArrayList<>();
    private final int user;
    private long linked;
    private long removedBytes;

    private DeltaSurvey(TargetTree tree, RestoreContents contents, BaseBackup backup, UnarchivedWal unarchived)
            throws IOException {
        this.tree = tree;
        this.contents = contents;
        this.backup = backup;
        this.unarchived = unarchived;
        this.user = FileOwner.current().uid();
    }

    /**
     * What is there beside the files of a backup.
     *
     * @param aside where a restore would put what may exist nowhere else
     */
    public static DeltaChanges of(
            TargetTree tree, RestoreContents contents, BaseBackup backup, Path aside, UnarchivedWal unarchived)
            throws IOException {
        DeltaSurvey survey = new DeltaSurvey(tree, contents, backup, unarchived);
        for (TargetTree.Part part : tree.parts()) {
            if (Files.isDirectory(part.place(), LinkOption.NOFOLLOW_LINKS)) {
                if (!part.place().equals(part.root())) {
                    survey.outside.add(part.place());
                }
                Files.walkFileTree(part.place(), survey.new Visitor(part));
            } else if (Files.exists(part.place(), LinkOption.NOFOLLOW_LINKS)) {
                survey.conflicts.add(Conflict.at(part.place()));
            }
        }
        return new DeltaChanges(
                aside,
                Files.isWritable(aside.resolveSibling("")),
                survey.wal.stream().sorted().toList(),
                survey.differing(),
                survey.archived,
                survey.removed,
                survey.removedBytes,
                survey.staying.stream().sorted().toList(),
                survey.outside,
                survey.readOnly,
                survey.linked,
                survey.presentBytes,
                survey.conflicts,
                survey.foreign);
    }

    /** Of the files that others than PostgreSQL write, those that are not as in the backup. */
    private List<DeltaChanges.Kept> differing() throws IOException {
        Set<Integer> different = new TreeSet<>();
        for (Map.Entry<Integer, Path> each : own.entrySet()) {
            if (Files.size(each.getValue()) != contents.files().size(each.getKey())) {
                different.add(each.getKey());
            }
        }
        PieceTable pieces = contents.pieces();
        PiecesInPlace present = new PiecesInPlace(
                contents.files(),
                pieces,
                backup.objects().fingerprintKey(),
                (file, stretches, to) -> TargetFiles.read(Objects.requireNonNull(own.get(file)), stretches, to));
        byte[] buffer = new byte[Frame.MAX_DATA_BYTES];
        for (int piece = 0; piece < pieces.size(); piece++) {
            int file = pieces.file(piece);
            if (own.containsKey(file) && !different.contains(file) && !present.contains(piece, buffer)) {
                different.add(file);
            }
        }
        return different.stream()
                .map(file -> new DeltaChanges.Kept(
                        Objects.requireNonNull(own.get(file)), contents.files().path(file)))
                .sorted(Comparator.comparing(DeltaChanges.Kept::path))
                .toList();
    }

    private final class Visitor extends SimpleFileVisitor<Path> {
        private final TargetTree.Part part;

        Visitor(TargetTree.Part part) {
            this.part = part;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            if (directory.equals(part.place())) {
                return FileVisitResult.CONTINUE;
            }
            String path = part.path(directory);
            if (contents.files().find(path) >= 0 || tree.linkTarget(path).isPresent()) {
                conflicts.add(Conflict.at(directory));
                return FileVisitResult.SKIP_SUBTREE;
            }
            if (contents.isDirectory(path)
                    || ClusterFiles.isDirectory(path, backup.origin().postgresMajor())) {
                if (!Files.isWritable(directory)) {
                    foreign.add(directory);
                }
                return FileVisitResult.CONTINUE;
            }
            staying.add(path);
            return FileVisitResult.SKIP_SUBTREE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            // Removed only if nothing stays in it.
            if (!directory.equals(part.place()) && !contents.isDirectory(part.path(directory))) {
                removed.add(directory);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            String path = part.path(file);
            int known = contents.files().find(path);
            if (path.equals(RestoreMarker.NAME) || isMarker(file)) {
                return FileVisitResult.CONTINUE;
            }
            if (!attributes.isRegularFile()) {
                other(file, path, known, attributes);
            } else if (known >= 0) {
                present(file, known, path, attributes);
            } else if (contents.isDirectory(path)) {
                conflicts.add(Conflict.at(file));
            } else if (path.startsWith(WAL) && path.indexOf('/', WAL.length()) < 0) {
                wal(file, path.substring(WAL.length()), attributes);
            } else if (ClusterFiles.isFile(path)) {
                remove(file, attributes);
            } else {
                staying.add(path);
            }
            return FileVisitResult.CONTINUE;
        }

        /** A directory that this user may not look into. */
        @Override
        public FileVisitResult visitFileFailed(Path directory, IOException failure) throws IOException {
            if (!(failure instanceof AccessDeniedException)) {
                throw failure;
            }
            String path = directory.equals(part.place()) ? part.prefix() : part.path(directory);
            if (directory.equals(part.place())
                    || contents.isDirectory(path)
                    || ClusterFiles.isDirectory(path, backup.origin().postgresMajor())) {
                foreign.add(directory);
            } else {
                staying.add(path);
            }
            return FileVisitResult.CONTINUE;
        }

        /** Whether PostgreSQL empties the directory when it starts, so that it is empty in every backup. */
        private boolean isEmptied(String path) {
            return !path.equals("pg_replslot")
                    && path.indexOf('/') < 0
                    && new BaseBackupFiles(backup.origin().postgresMajor(), Optional.empty())
                                    .treatment("", path, _ -> false)
                            == BaseBackupFiles.Treatment.EMPTY_DIRECTORY;
        }

        private boolean isMarker(Path file) {
            return part.place().equals(file.getParent())
                    && RestoreMarker.NAME.equals(String.valueOf(file.getFileName()));
        }

        private void present(Path file, int number, String path, BasicFileAttributes attributes) throws IOException {
            presentBytes.merge(part.root(), attributes.size(), Long::sum);
            Map<String, Object> unix = Files.readAttributes(file, "unix:uid,nlink,mode", LinkOption.NOFOLLOW_LINKS);
            if ((user != 0 && !Integer.valueOf(user).equals(unix.get("uid"))) || isImmutable(file, unix)) {
                foreign.add(file);
            } else if (!ClusterFiles.isFile(path)) {
                own.put(number, file);
            }
            if (unix.get("nlink") instanceof Integer names && names > 1) {
                linked++;
            }
            if (unix.get("mode") instanceof Integer mode && (mode & 0600) != 0600) {
                readOnly.add(file);
            }
        }

        /** Whether it may not be written, although its owner and its mode allow it. */
        private boolean isImmutable(Path file, Map<String, Object> unix) {
            return (user == 0 || (unix.get("mode") instanceof Integer mode && (mode & 0200) != 0))
                    && !Files.isWritable(file);
        }

        private void other(Path file, String path, int known, BasicFileAttributes attributes) throws IOException {
            boolean isLink = attributes.isSymbolicLink();
            if (isLink && (tree.linkTarget(path).isPresent() || tree.isRedirected(path))) {
                return;
            }
            if (isLink && ClusterFiles.isTablespaceLink(path)) {
                tablespaceOfLater(file, path);
                removed.add(file);
            } else if (isLink && isEmptied(path) && Files.isDirectory(file)) {
                staying.add(path);
            } else if (known >= 0 || contents.isDirectory(path)) {
                conflicts.add(Conflict.at(file));
            } else {
                staying.add(path);
            }
        }
    }

    /** A replay of CREATE TABLESPACE does not empty it, and would go on with the rows that are in it. */
    private void tablespaceOfLater(Path link, String path) throws IOException {
        if (Files.isDirectory(link)) {
            Path place = link.toRealPath();
            outside.add(place);
            Files.walkFileTree(place, new Visitor(new TargetTree.Part(place, tree.root(), path + "/")));
        }
    }

    private void remove(Path file, BasicFileAttributes attributes) {
        // Root cannot remove an immutable one. For any other user the right to write the directory is enough.
        if (user == 0 && !Files.isWritable(file)) {
            foreign.add(file);
        }
        removed.add(file);
        removedBytes += attributes.size();
    }

    private void wal(Path file, String name, BasicFileAttributes attributes) throws IOException {
        switch (unarchived.worth(file, name, attributes.size())) {
            case ARCHIVED -> {
                archived.add(name);
                remove(file, attributes);
            }
            case NOTHING -> remove(file, attributes);
            case UNARCHIVED -> wal.add(file);
            case OTHER -> {
                if (ClusterFiles.isFile(WAL + name)) {
                    remove(file, attributes);
                } else {
                    staying.add(WAL + name);
                }
            }
        }
    }
}
