// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.core.PathBytes;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.BaseBackupFiles.Treatment;
import org.tidemark.postgres.ControlFile;

/**
 * Passes the files of a base backup to a sink, in the order of their names, while PostgreSQL changes them. A file that
 * is gone is skipped: WAL has that change. Not thread-safe.
 */
final class DirectoryWalk {
    private static final Pattern NEEDED = Pattern.compile(NeededFiles.DIRECTORIES + "(?:/.*)?");

    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int RIGHTS = 07777;

    private final Path root;
    private final BaseBackupFiles rules;
    private final FileSink sink;
    private final Runnable aliveness;

    /** The result of lstat. */
    record Attributes(int type, int mode, long size, FileTime modified) {
        /** Empty if the file does not exist. */
        static Optional<Attributes> of(Path path) throws IOException {
            try {
                Map<String, Object> all =
                        Files.readAttributes(path, "unix:mode,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
                if (all.get("mode") instanceof Integer mode
                        && all.get("size") instanceof Long size
                        && all.get("lastModifiedTime") instanceof FileTime modified) {
                    return Optional.of(new Attributes(mode & TYPE, mode & RIGHTS, size, modified));
                }
                throw new IOException("the file system of '" + path + "' has no Unix permissions");
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        }

        boolean isDirectory() {
            return type == DIRECTORY;
        }

        boolean isRegular() {
            return type == REGULAR;
        }
    }

    /**
     * Prepares a walk.
     *
     * @param root the data directory, absolute and without links
     * @param aliveness called before each directory and each file; throws if the backup cannot succeed any more
     */
    DirectoryWalk(Path root, BaseBackupFiles rules, FileSink sink, Runnable aliveness) {
        this.root = root;
        this.rules = rules;
        this.sink = sink;
        this.aliveness = aliveness;
    }

    /**
     * Passes everything except tablespaces and {@code global/pg_control}.
     *
     * @param tablespaces their locations: one inside the data directory is skipped here
     */
    void dataDirectory(Set<Path> tablespaces) throws IOException {
        walk(root, "", tablespaces);
    }

    /**
     * Passes the files of one tablespace.
     *
     * @param directory its link, relative to the data directory
     * @param version the directory of this version of PostgreSQL in it
     */
    void tablespace(String directory, String version) throws IOException {
        Path place = root.resolve(directory).resolve(version);
        Optional<Attributes> found = Attributes.of(place);
        if (found.isPresent()) {
            sink.directory(directory + "/" + version, found.get().mode());
            walk(place, directory + "/" + version, Set.of());
        }
    }

    /** @param path of the directory within the backup; empty for the data directory */
    private void walk(Path directory, String path, Set<Path> tablespaces) throws IOException {
        DirectoryNames names = DirectoryNames.of(directory);
        for (String name : names.sorted()) {
            aliveness.run();
            Treatment treatment = rules.treatment(path, name, names::contains);
            String child = path.isEmpty() ? name : path + "/" + name;
            if (treatment == Treatment.LEFT_OUT || child.equals(ControlFile.PATH)) {
                continue;
            }
            Path file = names.path(name);
            Optional<Attributes> found = Attributes.of(file);
            if (found.isPresent()) {
                give(file, child, treatment, found.get(), tablespaces);
            }
        }
    }

    private void give(Path file, String path, Treatment treatment, Attributes attributes, Set<Path> tablespaces)
            throws IOException {
        if (path.equals(BaseBackupFiles.WAL)) {
            for (String each : rules.walDirectories()) {
                sink.directory(each, directoryMode(attributes));
            }
        } else if (treatment == Treatment.EMPTY_DIRECTORY) {
            sink.directory(path, directoryMode(attributes));
        } else if (attributes.isDirectory()) {
            sink.directory(path, attributes.mode());
            if (!path.equals(BaseBackupFiles.TABLESPACES) && !tablespaces.contains(file)) {
                walk(file, path, tablespaces);
            }
        } else if (attributes.isRegular()) {
            sink.file(
                    new FileFacts(
                            path,
                            attributes.mode(),
                            attributes.size(),
                            attributes.modified().toInstant()),
                    new LocalFile(file));
        } else {
            leftOut(path);
        }
    }

    /** A link's own rights say nothing. */
    private int directoryMode(Attributes attributes) throws IOException {
        return attributes.isDirectory()
                ? attributes.mode()
                : Attributes.of(root).map(Attributes::mode).orElse(0700);
    }

    private void leftOut(String path) {
        if (NEEDED.matcher(path).matches()) {
            throw NeededFiles.missing("'" + PathBytes.printable(path)
                    + "' in the data directory is a link or a special file, which a base backup cannot contain");
        }
        sink.warning("'" + PathBytes.printable(path)
                + "' in the data directory is a link or a special file; the backup does not contain it");
    }
}
