// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.CountOptions;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.wal.WalListing;
import org.tidemark.operations.wal.WalListing.Archived;
import org.tidemark.session.Session;
import org.tidemark.view.CountedView;
import org.tidemark.view.IncarnationView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.RangeView;
import org.tidemark.view.UnreadView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "wal-list", description = "Lists the archived WAL of each timeline, and every gap in it.")
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-list [--recount]",
        examples = {"tidemark wal-list", "tidemark wal-list --repository file:///mnt/backup --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.NO_BACKUP, ExitCode.DAMAGED})
public final class WalListCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final CountOptions count = new CountOptions();

    private record View(List<Archive> archives, List<CountedView> walCounted, Optional<List<UnreadView>> unreadable) {
        record Archive(@Inline IncarnationView incarnation, String repository, List<TimelineView> timelines) {
            static Archive of(Archived listed) {
                return new Archive(
                        IncarnationView.of(listed.identity()),
                        listed.repository(),
                        Json.list(listed.inventory().timelines(), each -> TimelineView.of(listed, each)));
            }
        }

        record TimelineView(
                Timeline timeline,
                List<Run> runs,
                List<Hole> holes,
                List<Partial> partials,
                Optional<String> historyProblem) {
            static TimelineView of(Archived listed, TimelineInventory timeline) {
                return new TimelineView(
                        timeline.timeline(),
                        Json.list(
                                timeline.runs(),
                                run -> Run.of(run, listed.identity().walSegmentSize())),
                        Json.list(
                                timeline.holes(),
                                hole -> Hole.of(hole, listed.inventory().whyMissing(hole))),
                        Json.list(
                                timeline.partials(),
                                each -> new Partial(each.file().name(), each.end())),
                        timeline.historyProblem());
            }
        }

        record Run(
                @Inline RangeView range,
                long storedSize,
                Optional<Long> bytesPerDay,
                Instant firstStored,
                Instant lastStored) {
            static Run of(WalRun run, WalSegmentSize size) {
                return new Run(
                        new RangeView(run.first(), run.last(), run.count()),
                        run.storedBytes(),
                        run.bytesPerDay(size),
                        run.firstStored(),
                        run.lastStored());
            }
        }

        record Hole(@Inline RangeView range, @Inline Optional<Dropped> dropped) {
            static Hole of(WalHole hole, Optional<GivenUpWal> given) {
                return new Hole(RangeView.of(hole), given.map(each -> new Dropped(each.at(), each.host(), each.why())));
            }
        }

        record Dropped(Instant givenUp, String givenUpBy, String why) {}

        record Partial(String name, Lsn end) {}
    }

    public WalListCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        WalListing listing;
        try (Session session = global.readingSession(context)) {
            listing = WalListing.of(session, count.reading(), context.clock().instant());
        }
        UnreadRepositories.warn(output, listing.repositories());
        if (output.isJson()) {
            output.json(new View(
                    Json.list(listing.archives(), View.Archive::of),
                    CountedView.of(listing.counted()),
                    UnreadView.of(listing.repositories())));
        } else {
            CountOptions.tell(output, listing.counted(), "wal-list");
            listing.archives().forEach(each -> printText(output, each));
        }
        return listing.repositories().status();
    }

    private static void printText(Output output, Archived listed) {
        output.line(listed.identity().cluster() + " · system "
                + listed.identity().system() + " · repository "
                + listed.repository());
        TextTable table = new TextTable(
                Column.right("TL"),
                Column.left("FIRST"),
                Column.left("LAST"),
                Column.right("SEGMENTS"),
                Column.right("STORED"),
                Column.right("WAL/DAY"),
                Column.left("NEWEST (UTC)"),
                Column.left("NOTE"));
        int rows = 0;
        for (TimelineInventory timeline : listed.inventory().timelines()) {
            // A timeline may begin with a hole, or hold nothing else.
            SortedMap<Segment, String[]> byPosition = new TreeMap<>();
            for (WalRun run : timeline.runs()) {
                byPosition.put(run.first(), row(run, listed.identity().walSegmentSize()));
            }
            for (WalHole hole : timeline.holes()) {
                byPosition.put(hole.first(), row(hole, listed.inventory()));
            }
            byPosition.values().forEach(table::row);
            rows += byPosition.size();
            for (StoredPartial partial : timeline.partials()) {
                table.row(
                        timeline.timeline().toString(),
                        partial.file().name(),
                        "up to " + partial.end(),
                        "-",
                        "-",
                        "-",
                        "-",
                        "partial");
                rows++;
            }
            if (timeline.historyProblem().isPresent()) {
                output.warn(
                        "the history of timeline " + timeline.timeline() + " cannot be read: "
                                + timeline.historyProblem().get(),
                        "Look for another repository that has it, then: tidemark sync");
            }
        }
        if (rows == 0) {
            output.line("no WAL is archived");
        } else {
            table.lines().forEach(output::line);
        }
        output.line("");
    }

    private static String rate(Optional<Long> bytesPerDay) {
        return bytesPerDay.map(Amounts::size).orElse("-");
    }

    private static String[] row(WalRun run, WalSegmentSize size) {
        return new String[] {
            run.timeline().toString(),
            run.first().name(),
            run.last().name(),
            Long.toString(run.count()),
            Amounts.size(run.storedBytes()),
            rate(run.bytesPerDay(size)),
            Amounts.minute(run.lastStored()),
            ""
        };
    }

    private static String[] row(WalHole hole, WalInventory inventory) {
        return new String[] {
            hole.timeline().toString(),
            hole.first().name(),
            hole.last().name(),
            Long.toString(hole.count()),
            "-",
            "-",
            "-",
            inventory
                    .whyMissing(hole)
                    .map(given -> "HOLE: dropped at " + Amounts.minute(given.at()))
                    .orElse("HOLE")
        };
    }
}
