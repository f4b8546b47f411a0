// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.FileType;
import org.tidemark.core.HostFiles.Listing;
import org.tidemark.core.HostFiles.Stat;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.BaseBackupFiles.Treatment;
import org.tidemark.postgres.ControlFile;

/**
 * Passes the files of a base backup to a sink, in the order of their names, while PostgreSQL changes them. A file that
 * is gone is skipped: WAL has that change. Not thread-safe.
 */
final class DirectoryWalk {
    /**
     * What fsck(8) makes at the top of a file system, for root alone. PostgreSQL has nothing in it; BASE_BACKUP fails
     * at it.
     */
    private static final String LOST_AND_FOUND = "lost+found";

    private static final Pattern NEEDED = Pattern.compile(NeededFiles.DIRECTORIES + "(?:/.*)?");

    /** The top of a tablespace. */
    private static final Pattern VERSION_DIRECTORY = Pattern.compile("pg_tblspc/[0-9]+/PG_[0-9]+_[0-9]+");

    private final HostFiles files;
    private final String root;
    private final BaseBackupFiles rules;
    private final WalkSink sink;
    private final Runnable aliveness;
    private final GoneFiles gone;

    /**
     * Prepares a walk.
     *
     * @param files of the server's host
     * @param root the data directory, absolute and without links
     * @param aliveness called before each directory and each file; throws if the backup cannot succeed any more
     */
    DirectoryWalk(HostFiles files, String root, BaseBackupFiles rules, WalkSink sink, Runnable aliveness) {
        this.files = files;
        this.root = root;
        this.rules = rules;
        this.sink = sink;
        this.aliveness = aliveness;
        this.gone = new GoneFiles(files, root);
    }

    /**
     * Passes everything except tablespaces and {@code global/pg_control}.
     *
     * @param tablespaces their locations: one inside the data directory is skipped here
     */
    void dataDirectory(Set<String> tablespaces) throws IOException {
        walk(root, "", tablespaces);
    }

    /**
     * Passes the files of one tablespace, if it has the directory: it may have been dropped, or its disk may not be
     * mounted.
     *
     * @param directory its link, relative to the data directory
     * @param version the directory of this version of PostgreSQL in it
     */
    void tablespace(String directory, String version) throws IOException {
        String place = root + "/" + directory + "/" + version;
        Optional<Stat> found = files.stat(place);
        if (found.filter(Stat::isDirectory).isPresent()) {
            sink.directory(directory + "/" + version, found.get().mode());
            walk(place, directory + "/" + version, Set.of());
        } else if (found.filter(stat -> stat.type() == FileType.SYMBOLIC_LINK).isPresent()) {
            linked(place, directory + "/" + version);
        }
    }

    /**
     * After everything was read.
     *
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if a table was away meanwhile
     */
    void requireThatNothingWasAway() throws IOException {
        gone.requireGone();
    }

    private void linked(String link, String path) throws IOException {
        try {
            String place = files.realPath(link);
            Optional<Stat> found = files.stat(place).filter(Stat::isDirectory);
            if (found.isPresent()) {
                sink.directory(path, found.get().mode());
                walk(place, path, Set.of());
            }
        } catch (NoSuchFileException e) {
            // It leads nowhere.
        }
    }

    /** @param path of the directory within the backup; empty for the data directory */
    private void walk(String directory, String path, Set<String> tablespaces) throws IOException {
        Optional<Listing> listing = list(directory, path);
        if (listing.isEmpty()) {
            return;
        }
        Listing entries = listing.get();
        boolean isTop = path.isEmpty() || VERSION_DIRECTORY.matcher(path).matches();
        for (String name : entries.names()) {
            aliveness.run();
            Treatment treatment = rules.treatment(path, name, entries::contains);
            String child = path.isEmpty() ? name : path + "/" + name;
            if (treatment == Treatment.LEFT_OUT
                    || child.equals(ControlFile.PATH)
                    || (isTop && name.equals(LOST_AND_FOUND))) {
                continue;
            }
            Optional<Stat> found;
            try {
                found = entries.stat(name);
            } catch (AccessDeniedException e) {
                sink.unreadable(directory, e);
                return;
            }
            if (found.isPresent()) {
                give(directory + "/" + name, child, treatment, found.get(), tablespaces);
            } else {
                gone.add(directory + "/" + name);
            }
        }
    }

    /** Empty if the directory is gone. */
    private Optional<Listing> list(String directory, String path) throws IOException {
        try {
            return Optional.of(files.list(directory));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (NotDirectoryException e) {
            if (files.stat(directory)
                    .filter(now -> now.type() == FileType.SYMBOLIC_LINK)
                    .isPresent()) {
                leftOut(path);
            }
            return Optional.empty();
        } catch (AccessDeniedException e) {
            sink.unreadable(directory, e);
            return Optional.empty();
        }
    }

    private void give(String file, String path, Treatment treatment, Stat stat, Set<String> tablespaces)
            throws IOException {
        if (path.equals(BaseBackupFiles.WAL)) {
            for (String each : rules.walDirectories()) {
                sink.directory(each, directoryMode(stat));
            }
        } else if (treatment == Treatment.EMPTY_DIRECTORY) {
            sink.directory(path, directoryMode(stat));
        } else if (stat.isDirectory() && isRepository(file, path)) {
            sink.warning("'" + PathBytes.printable(path)
                    + "' in the data directory is a repository; the backup does not contain it, and the repository is"
                    + " lost with the data directory: move it elsewhere");
        } else if (stat.isDirectory()) {
            sink.directory(path, stat.mode());
            if (!path.equals(BaseBackupFiles.TABLESPACES) && !tablespaces.contains(file)) {
                walk(file, path, tablespaces);
            }
        } else if (stat.isRegularFile()) {
            sink.file(
                    new FileFacts(path, stat.mode(), stat.size(), stat.modified()),
                    new HostFile(files, root, file, stat, gone));
        } else {
            leftOut(path);
        }
    }

    /** Each backup would contain all earlier ones. */
    private boolean isRepository(String directory, String path) throws IOException {
        return !NEEDED.matcher(path).matches()
                && files.stat(directory + "/" + ObjectName.RepositoryIdentity.NAME)
                        .filter(Stat::isRegularFile)
                        .isPresent();
    }

    /** A link's own rights say nothing. */
    private int directoryMode(Stat stat) throws IOException {
        return stat.isDirectory()
                ? stat.mode()
                : files.stat(root).map(Stat::mode).orElse(0700);
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
