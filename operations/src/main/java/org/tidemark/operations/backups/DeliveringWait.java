// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.time.Duration;
import java.util.function.Consumer;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupResult.Published;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.WalFile;
import org.tidemark.store.ElapsedTime;

/**
 * Delivers what this host has queued for a repository in which a backup waits for its WAL. A push would do it, but none
 * comes while the server writes nothing. Hands everything on to another listener.
 */
final class DeliveringWait implements BackupListener {
    /** At first a push that has begun is likelier to end. */
    private static final Duration FIRST = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofSeconds(15);

    private final BackupListener listener;
    private final Consumer<String> deliver;
    private final ElapsedTime time;
    private long lastNanos;

    /** @param deliver to a repository, by its name; it has a limit, and throws nothing */
    DeliveringWait(BackupListener listener, Consumer<String> deliver) {
        this(listener, deliver, ElapsedTime.SYSTEM);
    }

    DeliveringWait(BackupListener listener, Consumer<String> deliver, ElapsedTime time) {
        this.listener = listener;
        this.deliver = deliver;
        this.time = time;
        this.lastNanos = time.nanos() - PAUSE.toNanos();
    }

    @Override
    public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
        if (waited.compareTo(FIRST) >= 0 && isDue()) {
            deliver.accept(repository);
        }
        listener.awaitingWal(missing, repository, waited, hint);
    }

    private synchronized boolean isDue() {
        long now = time.nanos();
        boolean isDue = now - lastNanos >= PAUSE.toNanos();
        lastNanos = isDue ? now : lastNanos;
        return isDue;
    }

    @Override
    public void phase(BackupId id, Phase phase) {
        listener.phase(id, phase);
    }

    @Override
    public void source(SourceMethod used, String reason) {
        listener.source(used, reason);
    }

    @Override
    public void type(BaseBackup.Type type, String reason) {
        listener.type(type, reason);
    }

    @Override
    public void earlierAttempts(long dataBytes) {
        listener.earlierAttempts(dataBytes);
    }

    @Override
    public void sendsEveryFile(String reason) {
        listener.sendsEveryFile(reason);
    }

    @Override
    public void progress(long bytesRead, long bytesExpected, long bytesStored) {
        listener.progress(bytesRead, bytesExpected, bytesStored);
    }

    @Override
    public void published(Published published) {
        listener.published(published);
    }

    @Override
    public void warning(String message) {
        listener.warning(message);
    }
}
