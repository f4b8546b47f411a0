// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.TablespaceInfo;

/** Measures the files of a cluster while PostgreSQL does the checkpoint of a backup. Used by one thread. */
final class TablespaceSizes implements AutoCloseable {
    private final DataDirectory directory;
    private final FutureTask<Map<Long, Long>> measuring = new FutureTask<>(this::measure);

    /** Starts the measurement. */
    TablespaceSizes(DataDirectory directory) {
        this.directory = directory;
        Thread.ofPlatform().name("sizes").daemon().start(measuring);
    }

    /** The current tablespaces, and the data directory as the last element; a new tablespace has size 0. */
    List<TablespaceInfo> tablespaces() throws IOException {
        Map<Long, Long> bytes = measured();
        List<TablespaceInfo> tablespaces = new ArrayList<>();
        for (Map.Entry<Long, String> each : directory.tablespaces().entrySet()) {
            tablespaces.add(
                    new TablespaceInfo(each.getKey(), each.getValue(), bytes.getOrDefault(each.getKey(), 0L) >> 10));
        }
        tablespaces.add(new TablespaceInfo(0, "", bytes.getOrDefault(0L, 0L) >> 10));
        return List.copyOf(tablespaces);
    }

    private Map<Long, Long> measured() throws IOException {
        try {
            return measuring.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the cluster was measured");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UserFacingException known) {
                throw known;
            }
            throw new IOException("the cluster cannot be measured: " + e.getCause(), e);
        }
    }

    private Map<Long, Long> measure() throws IOException {
        Map<Long, Long> bytes = new HashMap<>();
        bytes.put(0L, bytes(directory.path()));
        for (long oid : directory.tablespaces().keySet()) {
            String place = directory.path() + "/" + new TablespaceInfo(oid, "", 0).path();
            bytes.put(oid, bytes(place + "/" + directory.versionDirectory()));
        }
        return bytes;
    }

    private long bytes(String top) throws IOException {
        // A file that cannot be read counts as nothing here: the copy will fail at it with a better message.
        return directory
                .files()
                .sizeBelow(top, directory.path() + "/" + BaseBackupFiles.WAL, () -> !measuring.isCancelled());
    }

    @Override
    public void close() {
        measuring.cancel(false);
    }
}
