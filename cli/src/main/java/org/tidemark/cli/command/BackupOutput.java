// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.time.Duration;
import org.tidemark.backup.BackupListener;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.Amounts;
import org.tidemark.core.WalFile;

/** Tells the operator how a backup goes on. */
final class BackupProgress implements BackupListener {
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final Progress progress;
    private final Output output;
    private long toldSeconds;

    BackupProgress(Progress progress, Output output) {
        this.progress = progress;
        this.output = output;
    }

    @Override
    public void phase(BackupId id, Phase phase) {
        if (output.isVerbose()) {
            progress.say(id + ": "
                    + switch (phase) {
                        case STARTING -> "PostgreSQL does a checkpoint";
                        case COPYING -> "files are copied";
                        case FINISHING -> "the last objects and the manifest are stored";
                        case AWAITING_WAL -> "its WAL is awaited in the repository";
                    });
        }
    }

    @Override
    public void progress(long bytesRead, long bytesExpected, long bytesStored) {
        // Stored counts: what was only read may wait for a slow store for a long time.
        progress.show(
                bytesStored, bytesExpected, "stored, " + Amounts.size(Math.min(bytesRead, bytesExpected)) + " read");
    }

    @Override
    public void awaitingWal(WalFile missing, Duration waited, String hint) {
        // Called again and again: told when it becomes remarkable, then each time the silence has lasted as long again.
        long seconds = waited.toSeconds();
        if (seconds < toldSeconds) {
            toldSeconds = 0;
        }
        if (seconds >= SILENCE.toSeconds() && seconds >= 2 * toldSeconds) {
            toldSeconds = seconds;
            progress.say(
                    "waiting for '" + missing.name() + "' to be archived, for " + Amounts.duration(waited) + " now");
            progress.say("HINT: " + hint);
        }
    }

    @Override
    public void warning(String message) {
        progress.warn(message, "");
    }
}
