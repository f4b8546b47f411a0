// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.ahead;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits until PostgreSQL changes a mark in archive_status. The kernel tells it; where it has no more watches for this
 * user, the directory is looked at often. Not thread-safe.
 */
final class MarkWatch implements AutoCloseable {
    /** Less than the launcher waits until its segment is begun. */
    private static final Duration WITHOUT_KERNEL = Duration.ofMillis(100);

    private final Path marks;
    private @Nullable WatchService service;
    private @Nullable WatchKey key;
    private boolean isRefused;

    /**
     * Nothing is watched yet.
     *
     * @param marks the directory archive_status, which need not exist
     */
    MarkWatch(Path marks) {
        this.marks = marks;
    }

    /** Returns when something has changed, or may have, and after this time at the latest, of at least 100 ms. */
    void await(Duration limit) throws InterruptedException {
        WatchService watching = watching();
        if (watching == null) {
            Thread.sleep(isRefused ? WITHOUT_KERNEL : limit); // the directory may come
            return;
        }
        try {
            WatchKey changed = watching.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            while (changed != null) {
                changed.pollEvents();
                changed.reset();
                changed = watching.poll();
            }
        } catch (ClosedWatchServiceException e) {
            refused();
        }
    }

    /** What tells of changes; null if nothing does, or if the directory is not there. */
    private @Nullable WatchService watching() {
        if (key != null && key.isValid()) {
            return service;
        }
        if (isRefused) {
            return null;
        }
        try {
            WatchService opened = service == null ? marks.getFileSystem().newWatchService() : service;
            service = opened;
            key = marks.register(opened, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            return opened;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return null;
        } catch (IOException e) {
            refused();
            return null;
        }
    }

    private void refused() {
        close();
        isRefused = true;
    }

    @Override
    public void close() {
        WatchService opened = service;
        service = null;
        key = null;
        if (opened != null) {
            try {
                opened.close();
            } catch (IOException e) {
                // It is not used any more.
            }
        }
    }
}
