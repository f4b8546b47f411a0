// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonText;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.BackupFiles;
import org.tidemark.recoverability.BackupWal;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.StoredBackup;
import org.tidemark.session.reading.WalReading;
import org.tidemark.view.Json;
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
public final class ListFilesCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;
    private final Json json = new Json(UnaryOperator.identity());

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

    /** The first line in JSON; each of the others is one of the records in it. */
    private record View(BackupId backup, String repository) {
        record File(String type, String path, long size, String modified, Optional<String> crc32c) {}

        record Directory(String type, String path) {}

        record Link(String type, String path, String target) {}

        record Wal(String type, String path, boolean archived) {}

        static Record of(ManifestEntry entry) {
            return switch (entry) {
                case ManifestEntry.FileEntry file ->
                    new File(
                            "file",
                            file.path(),
                            file.size(),
                            file.modified().toString(),
                            file.crc32c().stream()
                                    .mapToObj(HexFormat.of()::toHexDigits)
                                    .findFirst());
                case ManifestEntry.DirectoryEntry directory -> new Directory("directory", directory.path());
                case ManifestEntry.LinkEntry link -> new Link("link", link.path(), link.target());
            };
        }
    }

    public ListFilesCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        try (Session session = global.readingSession(context)) {
            ClusterReading reading = ListBackupCommand.read(
                    session, output, WalReading.WHOLE, context.clock().instant());
            List<StoredBackup> copies = BackupChoice.find(id, reading.stored());
            BackupFiles files = BackupFiles.of(copies);
            if (output.isJson()) {
                output.line(JsonText.of(json.document(new View(files.id(), files.repository()))));
            }
            if (target != Target.WAL) {
                ManifestReader manifest = files.manifest();
                for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
                    output.line(
                            output.isJson()
                                    ? json.line(View.of(next.get()))
                                    : next.get().path());
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
            output.line(output.isJson() ? json.line(new View.Wal("wal", path, isArchived)) : path);
        });
        if (missing[0] > 0) {
            output.warn(
                    missing[0] == 1
                            ? "1 of these WAL segments is not archived"
                            : missing[0] + " of these WAL segments are not archived",
                    "See the gaps with: tidemark wal-list");
        }
    }
}
