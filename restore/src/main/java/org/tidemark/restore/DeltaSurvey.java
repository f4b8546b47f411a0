// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.DurableFile;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.WalPageHeader;

/** Looks through the directories of a cluster that a restore is to go over, and changes nothing. Not thread-safe. */
final class DeltaSurvey {
    private static final String WAL = "pg_wal/";
    /** In the data directory itself; elsewhere they are not in the backup. */
    static final Set<String> SETTINGS =
            Set.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf", SettingsFile.AUTO_CONF);

    private final TargetTree tree;
    private final RestoreContents contents;
    private final SystemIdentifier system;
    private final WalSegmentSize size;
    private final Elsewhere elsewhere;

    private final List<Path> wal = new ArrayList<>();
    private final List<Path> settings = new ArrayList<>();
    private final Set<String> archived = new HashSet<>();
    private final List<Path> removed = new ArrayList<>();
    private final List<String> staying = new ArrayList<>();
    private final List<Path> readOnly = new ArrayList<>();
    private final Map<Path, Long> presentBytes = new HashMap<>();
    private final List<Path> conflicts = new ArrayList<>();
    private long removedBytes;

    /** Knows what need not be kept, since it is in a repository. */
    interface Elsewhere {
        /** Whether a repository is known to hold a segment with the content of the file. */
        boolean isArchived(Segment segment, Path file) throws IOException;

        /** Whether a configuration file is in the backup with this content. */
        boolean isInBackup(Path file) throws IOException;
    }

    private DeltaSurvey(
            TargetTree tree,
            RestoreContents contents,
            SystemIdentifier system,
            WalSegmentSize size,
            Elsewhere elsewhere) {
        this.tree = tree;
        this.contents = contents;
        this.system = system;
        this.size = size;
        this.elsewhere = elsewhere;
    }

    /**
     * What is there beside the files of a backup.
     *
     * @param aside where a restore would put what may exist nowhere else
     */
    static DeltaChanges of(
            TargetTree tree,
            RestoreContents contents,
            SystemIdentifier system,
            WalSegmentSize size,
            Path aside,
            Elsewhere elsewhere)
            throws IOException {
        DeltaSurvey survey = new DeltaSurvey(tree, contents, system, size, elsewhere);
        for (TargetTree.Part part : tree.parts()) {
            if (Files.isDirectory(part.place(), LinkOption.NOFOLLOW_LINKS)) {
                Files.walkFileTree(part.place(), survey.new Visitor(part));
            }
        }
        return new DeltaChanges(
                aside,
                Files.isWritable(aside.resolveSibling("")),
                survey.wal.stream().sorted().toList(),
                survey.settings.stream().sorted().toList(),
                survey.archived,
                survey.removed,
                survey.removedBytes,
                survey.staying.stream().sorted().toList(),
                survey.readOnly,
                survey.presentBytes,
                survey.conflicts);
    }

    /** The digest of a file's content, with which archived segments are compared. */
    static Sha256 digest(Path file) throws IOException {
        MessageDigest digest = Sha256.newDigest();
        byte[] buffer = new byte[1 << 16];
        try (InputStream content = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS, StandardOpenOption.READ)) {
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return Sha256.finish(digest);
    }

    private final class Visitor extends SimpleFileVisitor<Path> {
        private final TargetTree.Part part;

        Visitor(TargetTree.Part part) {
            this.part = part;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            if (directory.equals(part.place())) {
                return FileVisitResult.CONTINUE;
            }
            String path = part.path(directory);
            if (contents.files().find(path) >= 0 || tree.linkTarget(path).isPresent()) {
                conflicts.add(directory);
                return FileVisitResult.SKIP_SUBTREE;
            }
            if (contents.isDirectory(path) || ClusterFiles.isDirectory(path)) {
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
                present(file, path, attributes);
            } else if (contents.isDirectory(path)) {
                conflicts.add(file);
            } else if (path.startsWith(WAL) && path.indexOf('/', WAL.length()) < 0) {
                wal(file, path.substring(WAL.length()), attributes);
            } else if (ClusterFiles.isFile(path)) {
                remove(file, attributes);
            } else {
                staying.add(path);
            }
            return FileVisitResult.CONTINUE;
        }

        private boolean isMarker(Path file) {
            return part.place().equals(file.getParent())
                    && RestoreMarker.NAME.equals(String.valueOf(file.getFileName()));
        }

        private void present(Path file, String path, BasicFileAttributes attributes) throws IOException {
            presentBytes.merge(part.root(), attributes.size(), Long::sum);
            if (SETTINGS.contains(path) && !elsewhere.isInBackup(file)) {
                settings.add(file);
            }
            if (!Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .permissions()
                    .containsAll(DurableFile.permissions(0600))) {
                readOnly.add(file);
            }
        }

        private void other(Path file, String path, int known, BasicFileAttributes attributes) {
            boolean isLink = attributes.isSymbolicLink();
            if (isLink && (tree.linkTarget(path).isPresent() || tree.isRedirected(path))) {
                return;
            }
            if (isLink && ClusterFiles.isTablespaceLink(path)) {
                // Of a tablespace that the backup lacks; its directory is not touched.
                removed.add(file);
            } else if (known >= 0 || contents.isDirectory(path)) {
                conflicts.add(file);
            } else {
                staying.add(path);
            }
        }
    }

    private void remove(Path file, BasicFileAttributes attributes) {
        removed.add(file);
        removedBytes += attributes.size();
    }

    private void wal(Path file, String name, BasicFileAttributes attributes) throws IOException {
        switch (parsed(name)) {
            case Segment segment -> {
                if (!isContent(segment, file, attributes.size())) {
                    remove(file, attributes);
                } else if (elsewhere.isArchived(segment, file)) {
                    archived.add(name);
                    remove(file, attributes);
                } else {
                    wal.add(file);
                }
            }
            case WalFile.PartialSegment _, WalFile.TimelineHistoryFile _ -> wal.add(file);
            case null, default -> {
                if (ClusterFiles.isFile(WAL + name)) {
                    remove(file, attributes);
                } else {
                    staying.add(WAL + name);
                }
            }
        }
    }

    private static @Nullable WalFile parsed(String name) {
        try {
            return WalFile.parse(name);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether it holds WAL of its name; PostgreSQL keeps old files under names that are yet to come. */
    private boolean isContent(Segment segment, Path file, long bytes) throws IOException {
        if (bytes != size.bytes()) {
            return false;
        }
        try (InputStream content = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS, StandardOpenOption.READ)) {
            WalPageHeader header = WalPageHeader.parse(content.readNBytes(WalPageHeader.LONG_BYTES), file.toString());
            return header.address().equals(segment.start(size))
                    && header.system().equals(system);
        } catch (CorruptFileException e) {
            return false;
        }
    }
}
