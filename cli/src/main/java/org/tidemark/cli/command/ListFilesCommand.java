// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.BackupFiles;
import org.tidemark.operations.reading.ClusterReading;
import org.tidemark.operations.reading.StoredBackup;
import org.tidemark.operations.wal.WalReading;
import org.tidemark.recoverability.BackupWal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "list-files",
        description = {
            "Lists the files, directories and links of a backup, and the WAL that belongs to it.",
            "As text: one path per line, as it is in the data directory. With --output json: one JSON object per line,"
                    + " with size, time and digest, after a first line with the backup's id and the version of the"
                    + " format. A WAL segment that is not archived is listed with a warning.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "list-files ID [--target data|standalone|wal|full]",
        examples = {"tidemark list-files latest", "tidemark list-files previous --target standalone --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
final class ListFilesCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "ID", description = "an id, latest, previous, oldest, latest-full, or a backup's name")
    private String id = "";

    @Option(
            names = "--target",
            paramLabel = "data|standalone|wal|full",
            defaultValue = "data",
            description = "data: the files of the backup; standalone: also the WAL that it needs to be consistent;"
                    + " wal: all WAL from the backup to the next one, or to the end; full: data and wal")
    private Target target = Target.DATA;

    /** What is listed; the words are Barman's. */
    enum Target {
        DATA,
        STANDALONE,
        WAL,
        FULL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    ListFilesCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            ClusterReading reading = ListBackupCommand.read(
                    session, output, WalReading.WHOLE, context.clock().instant());
            List<StoredBackup> copies = BackupChoice.find(id, reading.stored());
            BackupFiles files = BackupFiles.of(copies);
            if (output.isJson()) {
                output.line(Document.versioned()
                        .put("backup", files.id().value())
                        .put("repository", files.repository())
                        .line());
            }
            if (target != Target.WAL) {
                ManifestReader manifest = files.manifest();
                for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
                    output.line(output.isJson() ? json(next.get()) : next.get().path());
                }
            }
            if (target != Target.DATA) {
                listWal(output, reading.walOf(files.backup()));
            }
            return ExitCode.DONE;
        }
    }

    private void listWal(Output output, BackupWal wal) {
        long[] missing = {0};
        (target == Target.STANDALONE ? wal.standalone() : wal.full()).forEach(segment -> {
            boolean isArchived = wal.isArchived(segment);
            missing[0] += isArchived ? 0 : 1;
            String path = "pg_wal/" + segment.name();
            output.line(
                    output.isJson()
                            ? new Document()
                                    .put("type", "wal")
                                    .put("path", path)
                                    .put("archived", isArchived)
                                    .line()
                            : path);
        });
        if (missing[0] > 0) {
            output.warn(
                    missing[0] == 1
                            ? "1 of these WAL segments is not archived"
                            : missing[0] + " of these WAL segments are not archived",
                    "See the gaps with: tidemark wal-list");
        }
    }

    private static String json(ManifestEntry entry) {
        Document document = new Document();
        switch (entry) {
            case ManifestEntry.FileEntry file -> {
                document.put("type", "file")
                        .put("path", file.path())
                        .put("size", file.size())
                        .put("modified", file.modified().toString());
                file.crc32c()
                        .ifPresent(crc -> document.put("crc32c", HexFormat.of().toHexDigits(crc)));
            }
            case ManifestEntry.DirectoryEntry directory ->
                document.put("type", "directory").put("path", directory.path());
            case ManifestEntry.LinkEntry link ->
                document.put("type", "link").put("path", link.path()).put("target", link.target());
        }
        return document.line();
    }
}
