// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.core.Amounts;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.HostFiles.Owner;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.TablespaceInfo;

/**
 * Looks at every file of a cluster before its backup: how many bytes there are, and whether this user may read them. A
 * backup would come upon an unreadable file only when it reads it, perhaps after hours. Used by one thread.
 */
final class ClusterSurvey implements AutoCloseable {
    /** A backup waits so long before its checkpoint. 100,000 files take 1 to 5 seconds on two cores. */
    private static final Duration BEFORE_CHECKPOINT = Duration.ofSeconds(10);

    /** Of ten million files on a slow disk it takes some minutes. */
    private static final Duration LIMIT = Duration.ofHours(1);

    private final DataDirectory directory;
    private final FutureTask<Map<Long, Long>> looking = new FutureTask<>(this::look);

    /** Starts looking. */
    ClusterSurvey(DataDirectory directory) {
        this.directory = directory;
        Thread.ofPlatform().name("survey").daemon().start(looking);
    }

    /**
     * Waits for the end, but not long: the survey of a large cluster goes on during the checkpoint.
     *
     * @throws UserFacingException as {@link #tablespaces()}, if it has ended
     */
    void awaitBeforeCheckpoint() throws IOException {
        try {
            bytes(BEFORE_CHECKPOINT);
        } catch (TimeoutException e) {
            // tablespaces() waits for it.
        }
    }

    /**
     * The current tablespaces, and the data directory as the last element; a new tablespace has size 0.
     *
     * @throws UserFacingException {@link org.tidemark.core.ExitCode#LOCAL_FILES} if files cannot be read, and what
     *     {@link DirectoryWalk} throws
     */
    List<TablespaceInfo> tablespaces() throws IOException {
        Map<Long, Long> bytes;
        try {
            bytes = bytes(LIMIT);
        } catch (TimeoutException e) {
            throw new IOException(
                    "the files of '" + directory.path() + "' could not be looked at within " + Amounts.duration(LIMIT),
                    e);
        }
        List<TablespaceInfo> tablespaces = new ArrayList<>();
        for (Map.Entry<Long, String> each : directory.tablespaces().entrySet()) {
            tablespaces.add(
                    new TablespaceInfo(each.getKey(), each.getValue(), bytes.getOrDefault(each.getKey(), 0L) >> 10));
        }
        tablespaces.add(new TablespaceInfo(0, "", bytes.getOrDefault(0L, 0L) >> 10));
        return List.copyOf(tablespaces);
    }

    private Map<Long, Long> bytes(Duration limit) throws IOException, TimeoutException {
        try (Wait _ = LongWaits.on("the disk of '" + directory.path() + "', whose files are looked at")) {
            return looking.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the files of the cluster were looked at");
        } catch (ExecutionException e) {
            switch (Objects.requireNonNull(e.getCause())) {
                case UserFacingException known -> throw known;
                case IOException known -> throw known;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    private Map<Long, Long> look() throws IOException {
        UnreadableFiles unreadable = new UnreadableFiles(directory.files(), directory.path());
        Look look = new Look(directory.files(), unreadable);
        List<TablespaceInfo> tablespaces = directory.tablespaces().entrySet().stream()
                .map(each -> new TablespaceInfo(each.getKey(), each.getValue(), 0))
                .toList();
        directory.walk(look, tablespaces, this::requireWanted);
        unreadable.requireNone();
        return look.bytes;
    }

    private void requireWanted() {
        if (looking.isCancelled()) {
            throw new CancellationException();
        }
    }

    @Override
    public void close() {
        looking.cancel(false);
    }

    /**
     * Rights depend on the directory, the owner and the mode. So it opens one file of each kind in a directory, and
     * each other one only where that was denied: a listing tells owners and modes, but over SFTP to open a file takes
     * round trips.
     */
    private static final class Look implements WalkSink {
        private record Kind(Optional<Owner> owner, int mode) {}

        private final HostFiles files;
        private final UnreadableFiles unreadable;
        private final Map<Long, Long> bytes = new HashMap<>();
        private final Set<Kind> readable = new HashSet<>();
        private String last = "";

        Look(HostFiles files, UnreadableFiles unreadable) {
            this.files = files;
            this.unreadable = unreadable;
        }

        @Override
        public void directory(String path, int mode) {}

        @Override
        public void file(FileFacts facts, HostFile file) throws IOException {
            bytes.merge(TablespaceInfo.oidOf(facts.path()), facts.size(), Long::sum);
            String directory = file.path().substring(0, file.path().lastIndexOf('/'));
            if (!directory.equals(last)) {
                readable.clear();
                last = directory;
            }
            Kind kind = new Kind(file.seen().owner(), file.seen().mode());
            if (!readable.contains(kind)) {
                open(file, kind);
            }
        }

        private void open(HostFile file, Kind kind) throws IOException {
            try (OpenFile _ = files.open(file.path(), file.seen())) {
                readable.add(kind);
            } catch (AccessDeniedException e) {
                unreadable.add(file.path(), e);
            } catch (FileSystemException e) {
                // It is gone, or has become something else; the copy will see it.
            }
        }

        @Override
        public void warning(String message) {}

        @Override
        public void unreadable(String directory, AccessDeniedException cause) throws IOException {
            unreadable.add(directory, cause);
        }
    }
}
