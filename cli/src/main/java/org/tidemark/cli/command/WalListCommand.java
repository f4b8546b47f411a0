// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

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
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.Session;
import org.tidemark.operations.wal.WalListing;
import org.tidemark.operations.wal.WalListing.Archived;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "wal-list", description = "Lists the archived WAL of each timeline, and every gap in it.")
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-list [--recount]",
        examples = {"tidemark wal-list", "tidemark wal-list --repository file:///mnt/backup --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.NO_BACKUP, ExitCode.DAMAGED})
final class WalListCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final CountOptions count = new CountOptions();

    WalListCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        WalListing listing;
        try (Session session = global.session(context)) {
            listing = WalListing.of(session, count.reading(), context.clock().instant());
        }
        UnreadRepositories.warn(output, listing.repositories());
        if (output.isJson()) {
            Document document = json(listing.archives());
            CountOptions.describe(document, listing.counted());
            UnreadRepositories.describe(document, listing.repositories());
            output.json(document);
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

    private static Document json(List<Archived> listed) {
        return Document.versioned()
                .list("archives", listed)
                .each(each -> new Document()
                        .put("cluster", each.identity().cluster().value())
                        .put("systemIdentifier", each.identity().system().toString())
                        .put("repository", each.repository())
                        .list("timelines", each.inventory().timelines())
                        .each(timeline -> json(each, timeline)));
    }

    private static Document json(Archived listed, TimelineInventory timeline) {
        WalInventory inventory = listed.inventory();
        WalSegmentSize size = listed.identity().walSegmentSize();
        return new Document()
                .put("timeline", timeline.timeline().id())
                .list("runs", timeline.runs())
                .each(run -> new Document()
                        .put("first", run.first().name())
                        .put("last", run.last().name())
                        .put("segments", run.count())
                        .put("storedSize", run.storedBytes())
                        .put("bytesPerDay", run.bytesPerDay(size))
                        .put("firstStored", run.firstStored())
                        .put("lastStored", run.lastStored()))
                .list("holes", timeline.holes())
                .each(hole -> new Document()
                        .put("first", hole.first().name())
                        .put("last", hole.last().name())
                        .put("segments", hole.count())
                        .put("givenUp", inventory.whyMissing(hole).map(GivenUpWal::at))
                        .put("givenUpBy", inventory.whyMissing(hole).map(GivenUpWal::host))
                        .put("why", inventory.whyMissing(hole).map(GivenUpWal::why)))
                .list("partials", timeline.partials())
                .each(partial -> new Document()
                        .put("name", partial.file().name())
                        .put("end", partial.end().toString()))
                .put("historyProblem", timeline.historyProblem());
    }
}
