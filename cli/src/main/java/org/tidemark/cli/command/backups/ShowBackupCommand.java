// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.BaseBackup.Tablespace;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.StoredBackup;
import org.tidemark.session.reading.WalReading;
import org.tidemark.view.BackupRemarks;
import org.tidemark.view.BackupView;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.KeepText;
import org.tidemark.view.UnreadView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "show-backup",
        description = "Shows everything that is known about a backup, and every WAL segment that it needs.")
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "show-backup ID",
        examples = {"tidemark show-backup latest", "tidemark show-backup 20261120T063011Z --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.NO_BACKUP})
public final class ShowBackupCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "ID", description = "an id, latest, previous, oldest, latest-full, or a backup's name")
    private String id = "";

    private record View(Shown backup, Optional<List<UnreadView>> unreadable) {
        record Shown(@Inline BackupView backup, @Inline Optional<BackupDetails.View> details) {}
    }

    public ShowBackupCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        try (Session session = global.readingSession(context)) {
            Instant now = context.clock().instant();
            ClusterReading reading = ListBackupCommand.read(session, output, WalReading.WHOLE, now);
            List<StoredBackup> copies = BackupChoice.find(id, reading.stored());
            StoredBackup chosen = copies.getFirst();
            ListedBackup listed = BackupListing.of(reading).stream()
                    .filter(each ->
                            each.id().equals(chosen.id()) && each.system().equals(chosen.system()))
                    .findFirst()
                    .orElseThrow();
            Optional<BackupDetails> details = listed.backup().isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            BackupDetails.of(session, listed, listed.backup().get(), copies, reading));
            if (output.isJson()) {
                output.json(new View(
                        new View.Shown(BackupView.of(listed, now), details.map(BackupDetails::view)),
                        UnreadView.of(reading.repositories())));
            } else {
                print(output, listed, details, now);
            }
            if (!listed.state().isBackup()) {
                throw BackupChoice.notABackup(copies);
            }
            return reading.repositories().status();
        }
    }

    private static void print(Output output, ListedBackup listed, Optional<BackupDetails> details, Instant now) {
        line(output, "id", listed.id().value());
        line(output, "state", listed.state().toString());
        line(output, "repositories", String.join(", ", listed.repositories()));
        listed.kept(now)
                .forEach((repository, keep) ->
                        line(output, KeepText.KEPT, "in " + repository + " " + KeepText.full(keep)));
        listed.annotation().ifPresent(text -> line(output, "annotation", text));
        BackupRemarks remarks = BackupRemarks.of(listed, now);
        remarks.problems().forEach(problem -> line(output, "problem", problem));
        remarks.notes().forEach(note -> line(output, "note", note));
        if (listed.backup().isEmpty()) {
            return;
        }
        BaseBackup backup = listed.backup().get();
        line(output, "type", backup.type().toString());
        line(
                output,
                "cluster",
                backup.origin().cluster() + ", system identifier "
                        + backup.origin().system());
        int version = backup.origin().postgresVersion();
        line(output, "PostgreSQL", version / 10_000 + "." + version % 10_000);
        line(
                output,
                "taken",
                "from a " + backup.run().from() + ", by " + backup.run().host() + ", tidemark "
                        + backup.run().tool());
        line(output, "started", Amounts.second(backup.run().started()));
        line(
                output,
                "ended",
                Amounts.second(backup.run().ended()) + ", after "
                        + Amounts.duration(Duration.between(
                                backup.run().started(), backup.run().ended())));
        line(
                output,
                "position",
                backup.wal().start() + " to " + backup.wal().stop() + " on timeline "
                        + backup.wal().timeline());
        line(
                output,
                "size",
                Amounts.size(backup.contents().dataSizeBytes()) + " in "
                        + Amounts.count(backup.contents().files(), "file", "files") + ", stored as "
                        + Amounts.size(backup.contents().storedSizeBytes()));
        if (backup.objects().lineage().isPresent() || backup.objects().referredSizeBytes() > 0) {
            line(output, "refers to", references(backup.objects()));
        }
        line(
                output,
                "checksums",
                backup.origin().dataChecksums()
                        ? "on, " + Amounts.count(backup.contents().damagedPagesCount(), "damaged page", "damaged pages")
                        : "off");
        for (DamagedPage page : backup.contents().damagedPages()) {
            line(output, "damaged page", page.path() + " block " + page.block() + ": " + page.reason());
        }
        backup.run().warnings().forEach(warning -> line(output, "warning", warning));
        for (Tablespace tablespace : backup.contents().tablespaces()) {
            line(
                    output,
                    "tablespace",
                    tablespace.name().map(name -> name + ", OID ").orElse("") + tablespace.oid() + " at "
                            + tablespace.location() + ", " + Amounts.size(tablespace.sizeBytes()));
        }
        backup.objects()
                .configuration()
                .ifPresent(stored -> stored.files()
                        .forEach(file -> line(
                                output,
                                "configuration",
                                PathBytes.printable(file.path())
                                        + file.setting()
                                                .map(setting -> ", " + setting)
                                                .orElse("") + ", "
                                        + Amounts.size(file.sizeBytes())
                                        + (file.withoutPasswords().isEmpty()
                                                ? ""
                                                : ", without " + String.join(", ", file.withoutPasswords())))));
        details.ifPresent(each -> {
            each.lines().forEach((title, text) -> text.forEach(one -> line(output, title, one)));
            each.segments().forEach(segment -> line(output, "WAL", segment.name()));
        });
    }

    private static void line(Output output, String title, String content) {
        output.line(String.format(Locale.ROOT, "%-13s %s", title, content));
    }

    private static String references(BaseBackup.Objects objects) {
        String size = Amounts.size(objects.referredSizeBytes());
        return objects.lineage()
                .map(each -> "backup " + each.parent() + ", and to " + size
                        + " that were stored for earlier backups, the oldest for " + each.oldestFrame())
                .orElse(size + " that attempts before it have stored");
    }
}
