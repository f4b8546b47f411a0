// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tidemark.backup.request.BackupResult.Published;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.WalFile;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.view.BackupView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;

/** What {@code backup} prints: each backup as soon as it exists, or one document at the end. */
public final class BackupOutput implements BackupRun.Observer {
    private final Output output;
    private final Map<BackupId, SourceMethod> methods = new HashMap<>();
    private SourceMethod method = SourceMethod.STREAM;

    private record View(BackupId id, List<Taken> backups) {}

    private record Taken(
            BackupId id,
            BaseBackup.Type type,
            SourceMethod method,
            String repository,
            @Inline BackupView.Sizes sizes) {}

    /** @param output of one cluster */
    public BackupOutput(Output output) {
        this.output = output;
    }

    @Override
    public Taking taking(List<String> repositories) {
        return new ShownBackup(output.progress(String.join(", ", repositories), 0));
    }

    @Override
    public ObjectProgress copying(String title) {
        return output.progress(title, 0);
    }

    @Override
    public void tell(Finding finding) {
        output.tell(finding);
    }

    /** Prints the document of the run. */
    public void finish(BackupRun.Result result) {
        if (!output.isJson()) {
            return;
        }
        output.json(new View(result.backups().getFirst().backup().id(), Json.list(result.backups(), this::taken)));
    }

    private Taken taken(BackupRun.CompleteBackup complete) {
        BaseBackup backup = complete.backup();
        return new Taken(
                backup.id(),
                backup.type(),
                methods.getOrDefault(backup.id(), method),
                complete.repository(),
                BackupView.Sizes.of(backup.contents()));
    }

    /** One backup that is being taken. */
    private final class ShownBackup implements Taking {
        private static final Duration SILENCE = Duration.ofSeconds(10);

        private final Progress progress;
        private long toldSeconds;
        private String toldHint = "";

        ShownBackup(Progress progress) {
            this.progress = progress;
        }

        @Override
        public void source(SourceMethod used, String reason) {
            method = used;
            if (output.isVerbose()) {
                progress.say("the files are read with --method " + used + ": " + reason);
            }
        }

        @Override
        public void type(BaseBackup.Type type, String reason) {
            if (type == BaseBackup.Type.FULL || output.isVerbose()) {
                progress.say("the backup is " + (type == BaseBackup.Type.FULL ? "full: " : "incremental: ") + reason);
            }
        }

        @Override
        public void earlierAttempts(long dataBytes) {
            progress.say("an earlier attempt has stored " + Amounts.size(dataBytes)
                    + " of PostgreSQL's data: what has not changed of it is not stored again");
        }

        @Override
        public void sendsEveryFile(String reason) {
            progress.say("PostgreSQL sends every file, changed or not: " + reason);
        }

        @Override
        public void phase(BackupId id, Phase phase) {
            if (output.isVerbose()) {
                progress.say(id + ": "
                        + switch (phase) {
                            case STARTING -> "waiting for PostgreSQL's checkpoint";
                            case COPYING -> "copying files";
                            case FINISHING -> "storing the last objects and the manifest";
                            case AWAITING_WAL -> "waiting until its WAL is archived";
                        });
            }
        }

        @Override
        public void progress(long bytesRead, long bytesExpected, long bytesStored) {
            // Shows stored bytes: bytes that were only read may wait for a slow store for a long time.
            progress.show(
                    bytesStored,
                    bytesExpected,
                    "stored, " + Amounts.size(Math.min(bytesRead, bytesExpected)) + " read");
        }

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            // Called repeatedly: prints after a long silence, then each time the wait has doubled.
            long seconds = waited.toSeconds();
            if (seconds < toldSeconds) {
                toldSeconds = 0;
            }
            if (seconds >= SILENCE.toSeconds() && seconds >= 2 * toldSeconds) {
                toldSeconds = seconds;
                progress.say("waiting for '" + missing.name() + "' to be archived in '" + repository
                        + "': no WAL has arrived there for " + Amounts.duration(waited));
                if (!hint.equals(toldHint)) {
                    toldHint = hint;
                    progress.say("HINT: " + hint);
                }
            }
        }

        @Override
        public void published(Published published) {
            BaseBackup backup = published.backup();
            methods.put(backup.id(), method);
            if (!output.isJson()) {
                output.line(backup.id().value());
            }
            output.count(backup.contents().storedSizeBytes());
            output.say(String.format(
                    Locale.ROOT,
                    "backup %s is complete in '%s': %s, stored as %s (method %s); its WAL is archived: %s",
                    backup.id(),
                    published.target().name(),
                    Amounts.size(backup.contents().dataSizeBytes()),
                    Amounts.size(backup.contents().storedSizeBytes()),
                    method,
                    backup.walFirst().equals(backup.walLast())
                            ? backup.walFirst().name()
                            : backup.walFirst().name() + " .. "
                                    + backup.walLast().name()));
            boolean isWithoutPasswords = backup.objects().configuration().stream()
                    .flatMap(stored -> stored.files().stream())
                    .anyMatch(file -> !file.withoutPasswords().isEmpty());
            if (isWithoutPasswords) {
                output.say("passwords in the server's configuration are left out, since '"
                        + published.target().name()
                        + "' is not encrypted; to see where: "
                        + CopyableCommand.of("show-backup", backup.id().value()));
            }
            if (backup.contents().damagedPagesCount() > 0) {
                output.warn(
                        Amounts.count(backup.contents().damagedPagesCount(), "damaged page", "damaged pages")
                                + " in the cluster itself, and so in the backup",
                        "List them with: tidemark show-backup " + backup.id());
            }
        }

        @Override
        public void warning(String message) {
            progress.warn(message, "");
        }

        @Override
        public void close() {
            progress.close();
        }
    }
}
