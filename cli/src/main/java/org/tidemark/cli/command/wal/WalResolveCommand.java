// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.wal.LostHistory;
import org.tidemark.operations.wal.WalResolution;
import org.tidemark.operations.wal.WalResolution.InRepository;
import org.tidemark.operations.wal.WalResolution.Later;
import org.tidemark.operations.wal.WalResolution.Scope;
import org.tidemark.operations.wal.WalResolution.Stored;
import org.tidemark.session.Session;
import org.tidemark.view.FailureView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "wal-resolve",
        description = {
            "Archives a WAL file of this server in place of wrong or damaged content.",
            "For status 21 of wal-push: another server stored its WAL first. Without --confirm it shows what each"
                    + " repository stores and which backups need that, and changes nothing. With --confirm it rejects"
                    + " what is stored, and archives this server's file; nothing is deleted. Stop the archiving of the"
                    + " other server first.",
            "With --lost it makes the history of the timeline that this server writes, in pg_wal, so that its WAL can"
                    + " be archived: only where no repository of the cluster and no pg_wal on this host has the file.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-resolve FILE [--later | --lost] [--confirm]",
        examples = {
            "tidemark wal-resolve 00000001000000A900000065 --later",
            "tidemark wal-resolve 00000001000000A900000065 --later --confirm",
            "tidemark wal-resolve 00000002.history --later --confirm",
            "tidemark wal-resolve 00000003.history --lost --confirm"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {
            ExitCode.DONE,
            ExitCode.USAGE,
            ExitCode.STORE_FULL,
            ExitCode.WAL_REFUSED,
            ExitCode.WAL_CONFLICT,
            ExitCode.WRONG_CLUSTER,
            ExitCode.DAMAGED,
            ExitCode.LOCAL_FILES
        })
public final class WalResolveCommand implements Callable<ExitCode>, ShortCommand {
    private static final int NAMES_SHOWN = 3;

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "a segment or a history: its name in pg_wal of the data directory, or its path")
    private String file = "";

    @Option(
            names = "--later",
            description = "also reject what is stored of the timeline after FILE, unless this server has the same")
    private boolean later;

    @Option(
            names = "--lost",
            description = "FILE is a history that nobody has any more: make one in pg_wal, to which no recovery from an"
                    + " earlier timeline leads")
    private boolean lost;

    @Option(names = "--confirm", description = "do it; without it, only show what would be done")
    private boolean confirm;

    public record View(WalFile file, Path path, boolean confirmed, List<Planned> repositories) {
        private record Planned(
                String repository,
                @Inline Optional<FailureView> failure,
                @Inline StoredView stored,
                List<LaterView> later,
                List<BackupId> backups) {}

        private record StoredView(
                String stored, Optional<String> problem, Optional<String> sha256, Optional<Instant> at) {
            StoredView(String stored, Optional<String> problem) {
                this(stored, problem, Optional.empty(), Optional.empty());
            }

            static StoredView of(Stored stored) {
                return switch (stored) {
                    case Stored.Nothing _ -> new StoredView("nothing", Optional.empty());
                    case Stored.Same _ -> new StoredView("same", Optional.empty());
                    case Stored.Other other ->
                        new StoredView(
                                "other",
                                Optional.empty(),
                                Optional.of(other.content().hex()),
                                Optional.of(other.at()));
                    case Stored.Damaged damaged -> new StoredView("damaged", Optional.of(damaged.problem()));
                };
            }
        }

        private record LaterView(Segment segment, boolean here) {}

        /** The document of one run. */
        public static View of(WalFile file, Path path, boolean confirmed, List<InRepository> plans) {
            return new View(
                    file,
                    path,
                    confirmed,
                    Json.list(
                            plans,
                            plan -> new Planned(
                                    plan.repository(),
                                    plan.failure().map(FailureView::of),
                                    StoredView.of(plan.stored()),
                                    Json.list(
                                            plan.later(),
                                            each -> new LaterView(each.segment(), each.why() == Later.Why.OTHER)),
                                    Json.list(plan.backups(), BaseBackup::id))));
        }
    }

    public WalResolveCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            if (lost) {
                makeHistory(output, session);
                return ExitCode.DONE;
            }
            WalResolution resolution =
                    new WalResolution(session, context.clock(), file, later ? Scope.AND_LATER : Scope.FILE);
            List<InRepository> plans = resolution.plan();
            List<InRepository> shown = confirm ? resolution.apply(plans) : plans;
            if (output.isJson()) {
                output.json(View.of(resolution.file(), resolution.path(), confirm, shown));
            } else {
                shown.forEach(each -> lines(resolution, each).forEach(output::line));
            }
            for (InRepository each : shown) {
                each.failure()
                        .ifPresent(failure ->
                                output.error("'" + each.repository() + "': " + failure.getMessage(), failure.hint()));
            }
            advise(output, resolution, shown);
            return shown.stream()
                    .flatMap(each -> each.failure().stream())
                    .map(UserFacingException::exitCode)
                    .findFirst()
                    .orElse(ExitCode.DONE);
        }
    }

    private void makeHistory(Output output, Session session) throws IOException {
        if (later) {
            throw new UserFacingException(
                    ExitCode.USAGE, "--later and --lost exclude each other", "A lost history replaces nothing.");
        }
        LostHistory history = new LostHistory(session, file);
        if (confirm) {
            history.make();
        } else {
            history.requireLost();
        }
        if (output.isJson()) {
            output.json(View.of(history.file(), history.path(), confirm, List.of()));
        } else {
            output.line("'" + history.path() + "' " + (confirm ? "was made" : "would be made")
                    + ": no recovery from an earlier timeline leads to timeline "
                    + history.file().timeline());
        }
        if (confirm) {
            output.say("PostgreSQL archives its WAL within a minute. Then take a backup: tidemark backup");
        } else {
            output.say("Look for the file in pg_wal of every standby and of the former primary first, and copy it into"
                    + " pg_wal if it is there. If nobody has it any more: "
                    + CopyableCommand.of("wal-resolve", file, "--lost", "--confirm"));
        }
    }

    private void advise(Output output, WalResolution resolution, List<InRepository> plans) {
        if (plans.stream().noneMatch(InRepository::isToDo)) {
            return;
        }
        if (confirm) {
            output.say("Take a new backup, which does not depend on what happened before: tidemark backup");
            return;
        }
        resolution
                .position()
                .ifPresent(position -> output.say("Restores to a position after " + position + " on timeline "
                        + resolution.file().timeline() + " would read the WAL of this server."));
        output.say("Stop the archiving of the other server first. Then reject what it stored with: "
                + CopyableCommand.of("wal-resolve", file)
                        .withIf(later, "--later")
                        .with(List.of("--confirm")));
        if (!later) {
            output.say("If the other server stored later files of the timeline too, add: --later");
        }
    }

    private List<String> lines(WalResolution resolution, InRepository plan) {
        if (plan.failure().isPresent()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        String in = "'" + plan.repository() + "'";
        String name = resolution.file().name();
        lines.add(in + " " + stored(name, plan.stored()));
        if (plan.isInTheWay()) {
            lines.add("  " + name + " of this server "
                    + (confirm ? "is archived in its place" : "would be archived in its place"));
        }
        if (!plan.later().isEmpty()) {
            lines.add("  " + laterLine(plan.later()));
        }
        for (BaseBackup backup : plan.backups()) {
            lines.add("  backup " + backup.id() + ", taken on '" + backup.run().host() + "', ended "
                    + UtcTime.seconds(backup.run().ended()) + ", needs "
                    + (confirm
                            ? "some of it"
                            : "some of it: if it was taken from the other server, it could no longer be restored"));
        }
        return lines;
    }

    private String stored(String name, Stored stored) {
        return switch (stored) {
            case Stored.Nothing _ -> "has no object " + name + ": this server's file can be archived normally";
            case Stored.Same _ -> "stores " + name + " of this server already";
            case Stored.Other other ->
                (confirm ? "stored other content as " : "stores other content as ") + name + ": SHA-256 "
                        + other.content() + ", stored " + UtcTime.seconds(other.at())
                        + (confirm ? "; it is rejected now" : "");
            case Stored.Damaged damaged ->
                (confirm ? "stored a damaged " : "stores a damaged ") + name + ": it " + damaged.problem()
                        + (confirm ? "; it is rejected now" : "");
        };
    }

    private String laterLine(List<Later> all) {
        long other = all.stream().filter(each -> each.why() == Later.Why.OTHER).count();
        String names = all.stream()
                        .limit(NAMES_SHOWN)
                        .map(each -> each.segment().name())
                        .collect(Collectors.joining(", "))
                + (all.size() > NAMES_SHOWN ? ", … " + all.getLast().segment().name() : "");
        return Amounts.count(all.size(), "later segment", "later segments")
                + (confirm ? (all.size() == 1 ? " is" : " are") + " rejected: " : " would be rejected: ")
                + names + " (" + other + " with other content than here, " + (all.size() - other)
                + " that this server does not have)";
    }
}
