// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.Durations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.search.ArchiveSearch;
import org.tidemark.operations.search.ArchiveSearch.Span;
import org.tidemark.operations.search.MomentSearch;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.session.GivenTime;
import org.tidemark.session.Session;
import org.tidemark.view.MomentView;
import org.tidemark.view.SearchView;
import org.tidemark.walsearch.SearchQuestion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "wal-search",
        description = {
            "Finds in the WAL which transaction dropped, emptied or mass-changed a table.",
            "Of each change it tells the time, the transaction, the table, and two moments, each as options of"
                    + " 'recover': the look moment, at which a server that pauses can still read the table, and the"
                    + " restore moment, right before the transaction's commit. It needs no server. Names are those that"
                    + " the backups have.",
            "With --time it tells the transactions before and after a time, and where a recovery to this time stops;"
                    + " with --restore-point, where the restore points of a name are.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = {
            "wal-search [--table NAME|OID] [--kind KIND,...] [--since AGE|TIME] [--until TIME]",
            "    [--min-rows N] [--top N] [--timeline N]",
            "wal-search --xid XID [--since AGE|TIME] [--until TIME] [--timeline N]",
            "wal-search --time TIME [--timeline N]",
            "wal-search --restore-point NAME [--timeline N]"
        },
        examples = {
            "tidemark wal-search --table public.orders --since 12h",
            "tidemark wal-search --kind drop,truncate --until '2026-11-28 06:00+01'",
            "tidemark wal-search --xid 200726 --output json",
            "tidemark wal-search --time '2026-11-28 02:41:00+01'",
            "tidemark wal-search --restore-point before-upgrade"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.NO_BACKUP, ExitCode.NO_KEY, ExitCode.DAMAGED})
public final class WalSearchCommand implements Callable<ExitCode> {
    private static final Map<String, Set<Kind>> KINDS = Map.of(
            "drop", EnumSet.of(Kind.DROP, Kind.DATABASE_DROP, Kind.TABLESPACE_DROP),
            "database-drop", EnumSet.of(Kind.DATABASE_DROP),
            "truncate", EnumSet.of(Kind.TRUNCATE),
            "rewrite", EnumSet.of(Kind.REWRITE, Kind.TABLESPACE_CHANGE, Kind.REINDEX),
            "mass-delete", EnumSet.of(Kind.MASS_DELETE),
            "mass-update", EnumSet.of(Kind.MASS_UPDATE));
    private static final int MOST = 10_000;
    /** FirstNormalTransactionId of src/include/access/transam.h. */
    private static final long FIRST_XID = 3;

    private static final int TOP = 100;
    private static final String SINCE = "1d";

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--table",
            paramLabel = "NAME|OID",
            description =
                    "only changes of this table (orders, public.orders, shop.public.orders, or its OID), or of the"
                            + " database of this name: DROP DATABASE takes its tables along")
    private @Nullable String table;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            split = ",",
            description = "only changes of these kinds: drop, database-drop, truncate, mass-delete, mass-update,"
                    + " rewrite. Default: all but rewrite")
    private List<String> kinds = List.of();

    @Option(
            names = "--xid",
            paramLabel = "XID",
            description = "everything that this transaction dropped, emptied, deleted or updated")
    private @Nullable String xid;

    @Option(
            names = "--time",
            paramLabel = "TIME",
            description = "what was committed right before and after this time, with its zone")
    private @Nullable String time;

    @Option(
            names = "--restore-point",
            paramLabel = "NAME",
            description = "where the restore points are that pg_create_restore_point() made with this name")
    private @Nullable String restorePoint;

    @Option(
            names = "--since",
            paramLabel = "AGE|TIME",
            description = "how far back: an age before the newest archived transaction, such as 12h, or a time with its"
                    + " zone. Default: 1d")
    private @Nullable String since;

    @Option(names = "--until", paramLabel = "TIME", description = "up to this time, with its zone")
    private @Nullable String until;

    @Option(
            names = "--min-rows",
            paramLabel = "N",
            description =
                    "tell a transaction that deleted or updated so many rows of a table, or half of them. Default:"
                            + " 1000; with --table: 100")
    private @Nullable Long minRows;

    @Option(names = "--top", paramLabel = "N", description = "tell only the worst ones. Default: 100")
    private @Nullable Integer top;

    @Option(names = "--timeline", paramLabel = "N", description = "search this timeline; default: the newest one")
    private @Nullable String timeline;

    public WalSearchCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        if (time != null || restorePoint != null) {
            return moment(output);
        }
        SearchQuestion question = question();
        Span span = span();
        ArchiveSearch search;
        try (Session session = global.readingSession(context);
                Progress progress = output.progress("searched", 0)) {
            search = ArchiveSearch.run(session, question, span, context.clock(), progress::show);
        }
        UnreadRepositories.warn(output, search.repositories());
        search.whyNoNames()
                .ifPresent(why -> output.warn("the names of tables are not known: " + why.getMessage(), why.hint()));
        if (output.isJson()) {
            output.json(SearchView.of(search));
        } else {
            new WalSearchLines(search, output::line, output::advise).print();
        }
        return search.repositories().status();
    }

    private ExitCode moment(Output output) throws IOException {
        boolean isOther = Stream.of(table, xid, since, until, minRows, top).anyMatch(Objects::nonNull);
        if (isOther || !kinds.isEmpty() || (time != null && restorePoint != null)) {
            throw usage(
                    "--time and --restore-point go with --timeline alone",
                    "Leave out the other options, or leave out these.");
        }
        Optional<Timeline> on = timeline();
        Optional<Instant> around = Optional.ofNullable(time).map(this::time);
        MomentSearch search;
        try (Session session = global.readingSession(context);
                Progress progress = output.progress("searched", 0)) {
            search = around.isPresent()
                    ? MomentSearch.around(session, around.get(), on, context.clock())
                    : MomentSearch.ofRestorePoint(
                            session, String.valueOf(restorePoint), on, context.clock(), progress::show);
        }
        UnreadRepositories.warn(output, search.repositories());
        if (output.isJson()) {
            output.json(MomentView.of(search));
        } else {
            new MomentLines(search, output::line, output::advise).print();
        }
        return search.repositories().status();
    }

    private SearchQuestion question() {
        Set<Kind> wanted = kinds.isEmpty() ? SearchQuestion.DESTRUCTIVE : EnumSet.noneOf(Kind.class);
        for (String each : kinds) {
            Set<Kind> known = KINDS.get(each.strip().toLowerCase(Locale.ROOT));
            if (known == null) {
                throw usage(
                        "'" + each + "' is not a kind of change",
                        "Write one of: drop, database-drop, truncate, mass-delete, mass-update, rewrite.");
            }
            wanted.addAll(known);
        }
        int most = top == null ? TOP : top;
        if (most < 1 || most > MOST || (minRows != null && minRows < 1)) {
            throw usage("--top is from 1 to " + MOST + ", and --min-rows 1 or more", "Correct the number.");
        }
        long rows = minRows != null ? minRows : table != null ? 100 : 1000;
        try {
            return new SearchQuestion(Optional.ofNullable(table), wanted, xid(), rows, most);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "Write a name as in SQL, such as public.orders, or an OID.",
                    e);
        }
    }

    private OptionalLong xid() {
        if (xid == null) {
            return OptionalLong.empty();
        }
        if (!xid.matches("[0-9]{1,18}")) {
            throw usage("'" + xid + "' is not a transaction", "Write its number, such as 200726.");
        }
        long low = Long.parseLong(xid) & 0xFFFF_FFFFL;
        if (low < FIRST_XID) {
            throw usage("'" + xid + "' is not a transaction: the first one has number 3", "Is a shell variable empty?");
        }
        return OptionalLong.of(low);
    }

    private Span span() {
        String from = since == null ? SINCE : since;
        Optional<Duration> age = Durations.parse(from);
        return new Span(
                age.isPresent() ? Optional.empty() : Optional.of(time(from)),
                age.orElse(Duration.ZERO),
                Optional.ofNullable(until).map(this::time),
                timeline());
    }

    private Optional<Timeline> timeline() {
        if (timeline == null) {
            return Optional.empty();
        }
        if (!timeline.matches("[1-9][0-9]{0,8}")) {
            throw usage(
                    "'" + timeline + "' is not a timeline",
                    "Write its decimal number. List them with: tidemark wal-list");
        }
        return Optional.of(new Timeline(Integer.parseInt(timeline)));
    }

    private Instant time(String text) {
        return GivenTime.parse(text, ZoneId.systemDefault());
    }

    private static UserFacingException usage(String message, String hint) {
        return new UserFacingException(ExitCode.USAGE, message, hint);
    }
}
