// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.postgres.ControlFile;
import org.tidemark.session.Session;

/**
 * Makes the history of the timeline that a primary writes, where it is lost: pg_resetwal empties pg_wal, for example,
 * and keeps the id. Without the file no repository takes WAL of the timeline. It says that the timeline has always been
 * there, since nobody knows where it began: so no recovery goes from an earlier timeline to this one. Not thread-safe.
 */
public final class LostHistory {
    /** The mode of PostgreSQL's own files. */
    private static final int MODE = 0600;

    private final Session session;
    private final ClusterName cluster;
    private final Path path;
    private final TimelineHistoryFile file;
    private final ControlFile control;
    private final Path data;

    /**
     * Reads the server's control file.
     *
     * @param text the name of the history in pg_wal of the cluster's data directory, or its path
     */
    public LostHistory(Session session, String text) {
        this.session = session;
        ClusterSettings settings = session.cluster()
                .orElseThrow(() ->
                        new UserFacingException(ExitCode.USAGE, "no cluster is configured", "Name it with --cluster."));
        this.cluster = settings.name();
        this.path = WalResolution.path(text, settings);
        this.file = parse(path);
        Path walDirectory = path.getParent() == null ? path : path.getParent();
        this.data = walDirectory.getParent() == null ? walDirectory : walDirectory.getParent();
        try {
            this.control = ControlFile.read(data);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "'" + walDirectory + "' is not in a data directory that can be read: " + e.getMessage(),
                    "Run it as the owner of the data directory, and name the file in pg_wal with its whole path.",
                    e);
        }
    }

    private static TimelineHistoryFile parse(Path path) {
        try {
            if (WalFile.parse(String.valueOf(path.getFileName())) instanceof TimelineHistoryFile history
                    && !history.timeline().equals(Timeline.FIRST)) {
                return history;
            }
        } catch (IllegalArgumentException e) {
            // No name of a WAL file at all.
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "'" + path.getFileName() + "' is not the history of a timeline after the first",
                "--lost makes a history, such as 00000003.history.");
    }

    /** The file that is to be made. */
    public Path path() {
        return path;
    }

    /** Its name. */
    public TimelineHistoryFile file() {
        return file;
    }

    /**
     * Returns if this server writes the timeline, and its history is nowhere that this host can see.
     *
     * @throws UserFacingException WAL_REFUSED if it is somewhere, or may be
     */
    public void requireLost() {
        boolean recovers =
                Files.exists(data.resolve("standby.signal")) || Files.exists(data.resolve("recovery.signal"));
        if (recovers || !control.reachedTimeline().equals(file.timeline())) {
            throw refused(
                    "the server in '" + data + "' "
                            + (recovers ? "is in recovery" : "writes timeline " + control.reachedTimeline()),
                    "Run it on the primary that writes timeline " + file.timeline() + ".");
        }
        session.configuration()
                .clusters()
                .values()
                .forEach(each -> each.dataDirectory().ifPresent(this::requireNotInWalOf));
        requireNotInWalOf(data);
        session.repositoriesOfTheCluster().forEach(this::requireNotIn);
    }

    private void requireNotInWalOf(Path directory) {
        Path there = directory.resolve("pg_wal").resolve(file.name());
        if (Files.exists(there) && isSameSystem(directory)) {
            throw refused(
                    "'" + there + "' is there",
                    there.equals(path)
                            ? "Archive it with: " + CopyableCommand.of("wal-push", path.toString())
                            : "Copy it to '" + path + "'.");
        }
    }

    private boolean isSameSystem(Path directory) {
        try {
            return ControlFile.read(directory).system().equals(control.system());
        } catch (IOException e) {
            return true; // in doubt
        }
    }

    private void requireNotIn(RepositorySettings settings) {
        boolean isThere;
        try {
            Optional<ClusterArchive> archive = session.repository(settings).incarnation(cluster, control.system());
            isThere = archive.isPresent() && archive.get().wal().content(file).isPresent();
        } catch (IOException | UserFacingException e) {
            UserFacingException problem = StorageErrors.explain(e);
            throw refused(
                    "whether '" + settings.name() + "' holds it is not known: " + problem.getMessage(), problem.hint());
        }
        if (isThere) {
            throw refused(
                    "'" + settings.name() + "' holds it",
                    "Fetch it with: "
                            + CopyableCommand.of(
                                    "wal-fetch", file.name(), path.toString(), "--repository", settings.name()));
        }
    }

    private UserFacingException refused(String why, String hint) {
        return new UserFacingException(ExitCode.WAL_REFUSED, "'" + file.name() + "' is not made: " + why, hint);
    }

    /** Makes it in pg_wal, durably; wal-push archives it before the next WAL of its timeline. */
    public void make() throws IOException {
        requireLost();
        String line = (file.timeline().id() - 1) + "\t0/0\tthe history of timeline " + file.timeline() + " was lost\n";
        DurableFile.create(path, line.getBytes(StandardCharsets.US_ASCII), made -> {
            DurableFile.mode(MODE).applyTo(made);
            for (String owner : new String[] {"unix:gid", "unix:uid"}) {
                Files.setAttribute(made, owner, Files.getAttribute(data, owner));
            }
        });
    }
}
