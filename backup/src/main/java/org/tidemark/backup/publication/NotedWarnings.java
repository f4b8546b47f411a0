// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.publication;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupResult;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Run;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.WalFile;

/**
 * Passes on the messages of a backup one at a time, each warning once, and notes the warnings for {@code backup.json}.
 * Thread-safe.
 */
public final class NotedWarnings implements BackupListener {
    private static final int MAX_CHARACTERS = 1_000;

    private final BackupListener listener;
    private final Set<String> noted = new LinkedHashSet<>();

    /** @param listener is told of each warning, too */
    public NotedWarnings(BackupListener listener) {
        this.listener = listener;
    }

    /** The first ones, as many as a backup lists; a long one is cut. */
    synchronized List<String> noted() {
        return List.copyOf(noted);
    }

    @Override
    public synchronized void warning(String message) {
        String cut = message.length() > MAX_CHARACTERS ? message.substring(0, MAX_CHARACTERS) + "..." : message;
        boolean known = noted.contains(cut);
        if (!known && noted.size() < Run.MAX_WARNINGS) {
            noted.add(cut);
        }
        if (!known) {
            listener.warning(message);
        }
    }

    @Override
    public synchronized void published(BackupResult.Published published) {
        listener.published(published);
    }

    @Override
    public synchronized void phase(BackupId id, Phase phase) {
        listener.phase(id, phase);
    }

    @Override
    public synchronized void source(SourceMethod used, String reason) {
        listener.source(used, reason);
    }

    @Override
    public synchronized void type(BaseBackup.Type type, String reason) {
        listener.type(type, reason);
    }

    @Override
    public synchronized void earlierAttempts(long dataBytes) {
        listener.earlierAttempts(dataBytes);
    }

    @Override
    public synchronized void sendsEveryFile(String reason) {
        listener.sendsEveryFile(reason);
    }

    @Override
    public synchronized void progress(long bytesDone, long bytesExpected, long bytesStored) {
        listener.progress(bytesDone, bytesExpected, bytesStored);
    }

    @Override
    public synchronized void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
        listener.awaitingWal(missing, repository, waited, hint);
    }
}
