// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.CountOptions;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Terminal;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.cli.output.TimelinePicture;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.LackingWal;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.retention.BackupFates;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.session.Session;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.view.BackupRemarks;
import org.tidemark.view.BackupView;
import org.tidemark.view.CopyRemarks;
import org.tidemark.view.CountedView;
import org.tidemark.view.IntervalLines;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.KeepText;
import org.tidemark.view.NewestCommitView;
import org.tidemark.view.RecoverableView;
import org.tidemark.view.UnreadView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "list-backup",
        aliases = "list-backups",
        description = {
            "Lists the backups, newest first, and the intervals that can be restored.",
            "A backup that cannot be restored is listed with the reason. If a repository does not answer, the others"
                    + " are listed with a warning, and the exit status says why.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "list-backup [--recount]",
        examples = {"tidemark list-backup", "tidemark list-backup --repository file:///mnt/backup --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.UNKNOWN_FORMAT, ExitCode.NO_BACKUP})
public final class ListBackupCommand implements Callable<ExitCode>, ShortCommand {
    /** Complete, and no policy needs it any more. */
    private static final String OBSOLETE = "obsolete";

    /** A listing of objects that is older is worth a word. */
    private static final Duration RECENT_LISTING = Duration.ofMinutes(1);

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final CountOptions count = new CountOptions();

    private record View(
            List<Listed> backups,
            List<Recoverable> recoverable,
            List<Lacking> lackingWal,
            List<CountedView> walCounted,
            Optional<List<UnreadView>> unreadable) {
        record Listed(@Inline BackupView backup, List<Fate> retention) {}

        record Fate(String repository, boolean stays, Optional<Instant> goes, Optional<Integer> goesAfterBackups) {
            static Fate of(String repository, BackupFate fate) {
                return new Fate(
                        repository,
                        fate.stays(),
                        fate.goes(),
                        fate.goesAfter().stream().boxed().findFirst());
            }
        }

        record Recoverable(
                SystemIdentifier systemIdentifier,
                Optional<Instant> objectsListed,
                @Inline RecoverableView recoverable,
                @Inline NewestCommitView newestCommit) {
            static Recoverable of(ClusterReading reading, ClusterIdentity identity) {
                CatalogSnapshot catalog = reading.together(identity);
                RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
                return new Recoverable(
                        identity.system(),
                        reading.objectsListed(identity),
                        RecoverableView.of(recoverable),
                        NewestCommitView.of(NewestCommit.of(catalog, recoverable)));
            }
        }

        record Lacking(String repository, String other, Segment first, long segments) {}

        static View of(ClusterReading reading, List<ListedBackup> backups, BackupFates fates) {
            List<LackingWal> lacking = reading.incarnations().stream()
                    .flatMap(identity -> LackingWal.of(reading.of(identity), reading.asOf()).stream())
                    .toList();
            return new View(
                    Json.list(
                            backups,
                            backup -> new Listed(
                                    BackupView.of(backup, reading.asOf()), Json.list(fates.of(backup), Fate::of))),
                    Json.list(reading.incarnations(), identity -> Recoverable.of(reading, identity)),
                    Json.list(
                            lacking, each -> new Lacking(each.repository(), each.other(), each.first(), each.count())),
                    CountedView.of(reading.counted()),
                    UnreadView.of(reading.repositories()));
        }
    }

    public ListBackupCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        try (Session session = global.readingSession(context)) {
            Instant now = context.clock().instant();
            ClusterReading reading = read(session, output, count.reading(), now);
            List<ListedBackup> backups = BackupListing.of(reading).reversed();
            BackupFates fates = BackupFates.of(session, reading);
            if (output.isJson()) {
                output.json(View.of(reading, backups, fates));
            } else {
                CountOptions.tell(output, reading.counted(), "list-backup");
                String names = session.repositorySettings().stream()
                        .map(RepositorySettings::name)
                        .collect(Collectors.joining(", "));
                for (ClusterIdentity identity : reading.incarnations()) {
                    print(output, identity, names, reading, fates, backups);
                }
            }
            return reading.repositories().status();
        }
    }

    /** Reads the repositories, and warns of what could not be read. */
    static ClusterReading read(Session session, Output output, WalReading wal, Instant now) {
        ClusterReading reading = ClusterReading.of(session, wal, now);
        UnreadRepositories.warn(output, reading.repositories());
        MarksWarnings.tell(output, reading);
        return reading;
    }

    private static List<ListedBackup> of(ClusterIdentity identity, List<ListedBackup> all) {
        return all.stream()
                .filter(backup -> backup.system().equals(identity.system()))
                .toList();
    }

    private void print(
            Output output,
            ClusterIdentity identity,
            String repositories,
            ClusterReading reading,
            BackupFates fates,
            List<ListedBackup> all) {
        List<ListedBackup> backups = of(identity, all);
        output.line(identity.cluster() + " · PostgreSQL " + identity.postgresMajor() + " · system " + identity.system()
                + " · repositories " + repositories);
        Instant now = reading.asOf();
        CatalogSnapshot catalog = reading.together(identity);
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
        IntervalLines.of(recoverable, NewestCommit.of(catalog, recoverable), now)
                .forEach(output::advise);
        if (context.dataToTerminal()) {
            Terminal terminal = Terminal.of(context.environment(), true);
            TimelinePicture.of(
                            ReachableTimeline.of(catalog, recoverable, reading.removedWal(identity)),
                            terminal.width(),
                            terminal.signs())
                    .forEach(output::line);
        }
        output.line("");
        if (backups.isEmpty()) {
            output.advise("no backups; take one with: tidemark backup");
            return;
        }
        TextTable table = new TextTable(
                Column.left("ID"),
                Column.left("TYPE"),
                Column.left("STATE"),
                Column.right("TL"),
                Column.left("ENDED (UTC)"),
                Column.right("TOOK"),
                Column.right("DATABASE"),
                Column.right("STORED"),
                Column.left("WHERE"),
                Column.left("NOTE"));
        backups.forEach(backup -> row(table, backup, fates.of(backup), now));
        table.lines().forEach(output::line);
        boolean isPlanned =
                backups.stream().anyMatch(backup -> !fates.of(backup).isEmpty());
        output.advise(summary(backups, reading, identity)
                + (isPlanned ? ". Why each stays or goes: tidemark retention" : ""));
        for (LackingWal lacking : LackingWal.of(reading.of(identity), now)) {
            output.advise("'" + lacking.repository() + "' lacks "
                    + Amounts.count(lacking.count(), "WAL segment", "WAL segments") + " that '" + lacking.other()
                    + "' has, from " + lacking.first().name() + " on. " + lacking.advice());
        }
        output.line("");
    }

    /** When it goes, where that is known. */
    private static List<String> goes(ListedBackup listed, Map<String, BackupFate> fates) {
        CopyRemarks remarks = new CopyRemarks(listed.repositories().size());
        fates.forEach((repository, fate) -> {
            if (!fate.stays()) {
                remarks.add(repository, "due to go");
            }
            fate.awaitedBy().ifPresent(other -> remarks.add(repository, "'" + other + "' may lack it"));
            fate.goes()
                    .ifPresent(end -> remarks.add(
                            repository, "goes " + Amounts.minute(end).substring(0, 10)));
            fate.goesAfter()
                    .ifPresent(more -> remarks.add(
                            repository, "goes after " + Amounts.count(more, "more backup", "more backups")));
        });
        return remarks.texts();
    }

    private static void row(TextTable table, ListedBackup listed, Map<String, BackupFate> fates, Instant now) {
        Optional<BaseBackup> backup = listed.backup();
        BackupRemarks remarks = BackupRemarks.of(listed, now);
        Map<String, Kept> kept = listed.kept(now);
        boolean isObsolete = !fates.isEmpty()
                && fates.size() == listed.repositories().size()
                && fates.values().stream().noneMatch(BackupFate::stays);
        String state = listed.state() != BackupState.COMPLETE
                ? listed.state().toString()
                : !kept.isEmpty()
                        ? KeepText.KEPT
                        : isObsolete ? OBSOLETE : listed.state().toString();
        List<String> notes = new ArrayList<>(remarks.problems());
        KeepText.brief(listed, kept).stream()
                .filter(text -> !text.equals(state))
                .forEach(notes::add);
        notes.addAll(remarks.notes());
        notes.addAll(goes(listed, fates));
        listed.annotation().ifPresent(text -> notes.add('"' + KeepText.shortened(text) + '"'));
        table.row(
                listed.id().value(),
                backup.map(each -> each.type().toString()).orElse("-"),
                state,
                backup.map(each -> each.wal().timeline().toString()).orElse("-"),
                backup.map(each -> Amounts.minute(each.run().ended())).orElse("-"),
                backup.map(each -> Amounts.duration(Duration.between(
                                each.run().started(), each.run().ended())))
                        .orElse("-"),
                backup.map(each -> Amounts.size(each.contents().dataSizeBytes()))
                        .orElse("-"),
                backup.map(each -> Amounts.size(each.contents().storedSizeBytes()))
                        .orElse("-"),
                listed.repositories().isEmpty() ? "-" : String.join(" ", listed.repositories()),
                String.join("; ", notes));
    }

    private static String summary(List<ListedBackup> backups, ClusterReading reading, ClusterIdentity identity) {
        long stored = backups.stream()
                .flatMap(backup -> backup.backup().stream())
                .mapToLong(backup -> backup.contents().storedSizeBytes())
                .sum();
        long complete =
                backups.stream().filter(backup -> backup.state().isBackup()).count();
        return Amounts.count(complete, "backup", "backups") + ", " + Amounts.size(stored) + "; WAL "
                + wal(reading.of(identity))
                + reading.objectsListed(identity)
                        .map(at -> Duration.between(at, reading.asOf()))
                        .filter(age -> age.compareTo(RECENT_LISTING) > 0)
                        .map(age -> "; the objects of older backups were listed " + Amounts.duration(age) + " ago")
                        .orElse("");
    }

    /** Each repository holds its own copy of the WAL. */
    private static String wal(List<IncarnationReading> held) {
        Map<String, String> sizes = new LinkedHashMap<>();
        for (IncarnationReading each : held) {
            sizes.put(
                    each.repository(),
                    Amounts.size(each.inventory().timelines().stream()
                            .mapToLong(timeline -> timeline.storedBytes())
                            .sum()));
        }
        List<String> different = sizes.values().stream().distinct().toList();
        if (different.size() == 1) {
            return different.getFirst() + (sizes.size() > 1 ? " in each repository" : "");
        }
        return sizes.entrySet().stream()
                .map(each -> each.getValue() + " in '" + each.getKey() + "'")
                .collect(Collectors.joining(", "));
    }
}
