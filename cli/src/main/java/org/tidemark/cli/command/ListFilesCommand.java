// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.util.HexFormat;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "list-files",
        description = {
            "Lists the files, directories and links of a backup.",
            "As text: one path per line. With --output json: one JSON object per line, with size, time and digest,"
                    + " after a first line with the backup's id and the version of the format.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "list-files ID",
        examples = {"tidemark list-files latest", "tidemark list-files previous --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
final class ListFilesCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "ID", description = "an id, latest, previous, oldest, latest-full, or a backup's name")
    private String id = "";

    ListFilesCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            BackupFiles files = BackupFiles.of(BackupChoice.find(
                    id, ListBackupCommand.read(session, output).stored()));
            if (output.isJson()) {
                output.line(Document.versioned()
                        .put("backup", files.id().value())
                        .put("repository", files.repository())
                        .line());
            }
            ManifestReader manifest = files.manifest();
            for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
                output.line(output.isJson() ? json(next.get()) : next.get().path());
            }
            return ExitCode.DONE;
        }
    }

    private static String json(ManifestEntry entry) {
        Document document = new Document();
        switch (entry) {
            case ManifestEntry.FileEntry file ->
                document.put("type", "file")
                        .put("path", file.path())
                        .put("size", file.size())
                        .put("modified", file.modified().toString())
                        .put("crc32c", HexFormat.of().toHexDigits(file.crc32c()));
            case ManifestEntry.DirectoryEntry directory ->
                document.put("type", "directory").put("path", directory.path());
            case ManifestEntry.LinkEntry link ->
                document.put("type", "link").put("path", link.path()).put("target", link.target());
        }
        return document.line();
    }
}
