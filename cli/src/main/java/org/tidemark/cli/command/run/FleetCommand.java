// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.DurationOption;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.config.ConfigurationException;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Host;
import org.tidemark.session.Session;
import org.tidemark.view.FleetView;
import org.tidemark.watch.fleet.FleetLine;
import org.tidemark.watch.fleet.FleetReading;
import org.tidemark.watch.fleet.FleetReading.Registered;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "fleet",
        description = {
            "Shows one line for each cluster, the worst first: protected, or what is wrong.",
            "It reads and checks every cluster of the configuration, several at the same time, each within a time"
                    + " limit, and adds the clusters of other hosts that fleet.repositories names. With --repository it"
                    + " shows every cluster that is registered in these repositories, also"
                    + " those of other hosts: it reads them only, without a server and without a private key.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "fleet [--timeout DURATION]",
        examples = {"tidemark fleet", "tidemark fleet --repository s3://backups/production --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE})
public final class FleetCommand implements Callable<ExitCode> {
    /** For each cluster: nobody waits as a plugin of Nagios does, and slow stores are many. */
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static final int LONGEST_VERDICT = 100;

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "the time limit of each cluster, such as 1m; one that was not read by then is CRITICAL."
                    + " Default: 20s")
    private @Nullable String timeout;

    public FleetCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws InterruptedException {
        Output output = global.output(context);
        FleetReading reading = new FleetReading(context.clock(), timeout == null ? LIMIT : limit(timeout));
        Optional<Registered> registered = Optional.empty();
        List<FleetLine> lines;
        Optional<Host> known = global.repositories().isEmpty() ? host(output) : Optional.empty();
        if (global.repositories().isEmpty() && known.isEmpty()) {
            lines = reading.checked(despiteProblems(), each -> global.sessionDespiteProblems(context, each));
        } else if (known.isPresent()) {
            Host host = known.get();
            lines = new ArrayList<>(reading.checked(host.clusters(), host::session));
            // --cluster asks for one cluster of this host, and for no other.
            if (host.chosen().isEmpty() && !host.configuration().fleet().isEmpty()) {
                try (Session session = host.fleet().orElseThrow()) {
                    registered = Optional.of(FleetReading.registered(session));
                    tellUnread(registered.get(), output);
                    registered.get().hidden(host.configuration().clusters()).forEach(output::tell);
                    lines.addAll(stored(
                            reading,
                            session,
                            registered.get(),
                            registered.get().others(host.configuration().clusters())));
                    lines.sort(FleetLine.WORST_FIRST);
                }
            }
        } else {
            try (Session session = Session.ofRepositories(
                    context.environment(), context.clock(), global.choiceForAll(context), context.talk())) {
                registered = Optional.of(registered(session, output));
                lines = stored(reading, session, registered.get(), chosen(registered.get()));
            }
        }
        Instant now = context.clock().instant();
        if (output.isJson()) {
            output.json(FleetView.of(lines, registered.map(Registered::repositories), now));
        } else {
            text(lines, now).forEach(output::line);
        }
        // Of a repository that cannot be read, nobody knows which clusters it has.
        boolean isWhole =
                registered.map(each -> each.repositories().failures().isEmpty()).orElse(true);
        return isWhole && lines.stream().allMatch(each -> each.severity() == Severity.OK) ? ExitCode.DONE : ExitCode.NO;
    }

    /** Empty where something in the configuration is wrong: one mistake hides no cluster. */
    private Optional<Host> host(Output output) {
        try {
            return Optional.of(global.host(context));
        } catch (ConfigurationException e) {
            if (despiteProblems().isEmpty()) {
                throw e;
            }
            output.warn(e.getMessage(), e.hint());
            return Optional.empty();
        }
    }

    private List<ClusterName> despiteProblems() {
        Optional<ClusterName> one = global.isForAll() ? Optional.empty() : global.cluster();
        return new ConfigurationLoader(context.environment(), context.clock())
                .clustersDespiteProblems(global.config()).stream()
                        .filter(each -> one.isEmpty() || one.get().equals(each))
                        .toList();
    }

    private static Duration limit(String text) {
        return DurationOption.parse(
                "--timeout",
                text,
                each -> each.compareTo(SHORTEST) >= 0 && each.compareTo(LONGEST) <= 0,
                "Give it from 1s to 1h, such as 30s or 5m.");
    }

    private static Registered registered(Session session, Output output) {
        Registered registered = FleetReading.registered(session);
        registered.repositories().warnings().forEach(output::tell);
        registered.repositories().requireOne();
        return registered;
    }

    /** What is wrong with other hosts' repositories hides no cluster of this one. */
    private static void tellUnread(Registered registered, Output output) {
        registered.repositories().warnings().forEach(output::tell);
        try {
            registered.repositories().requireOne();
        } catch (UserFacingException e) {
            output.tell(Finding.warning("fleet", e.getMessage(), e.hint()));
        }
    }

    private List<ClusterName> chosen(Registered registered) {
        Optional<ClusterName> one = global.isForAll() ? Optional.empty() : global.cluster();
        one.filter(name -> !registered.names().containsKey(name)).ifPresent(name -> {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no cluster '" + name + "' is registered in these repositories",
                    "Correct the name, or leave out --cluster to see all.");
        });
        return one.map(List::of).orElseGet(() -> List.copyOf(registered.names().keySet()));
    }

    private static List<FleetLine> stored(
            FleetReading reading, Session session, Registered registered, List<ClusterName> clusters)
            throws InterruptedException {
        return reading.stored(
                clusters, name -> session.registered(name, registered.names().getOrDefault(name, List.of())));
    }

    private static List<String> text(List<FleetLine> lines, Instant now) {
        TextTable table = new TextTable(
                Column.left("CLUSTER"),
                Column.left("STATE"),
                Column.left("RECOVERABLE TO (UTC)"),
                Column.right("BACKUP AGE"),
                Column.right("RESTORE"),
                Column.right("DRILLED"),
                Column.right("HOLES"),
                Column.right("QUEUED"),
                Column.right("FREE"),
                Column.left("VERDICT"));
        for (FleetLine each : lines) {
            table.row(
                    each.cluster().value(),
                    each.severity().name(),
                    each.reachable().map(Amounts::minute).orElse("-"),
                    each.backup()
                            .map(ended -> Amounts.duration(Duration.between(ended, now)))
                            .orElse("-"),
                    each.forecast()
                            .map(restore -> Amounts.duration(restore)
                                    + each.rto()
                                            .map(rto -> " of " + Amounts.duration(rto))
                                            .orElse(""))
                            .orElse("-"),
                    each.drilled()
                            .map(ended -> Amounts.duration(Duration.between(ended, now)))
                            .orElse("-"),
                    each.holes().map(String::valueOf).orElse("-"),
                    each.queued().map(String::valueOf).orElse("-"),
                    each.freeBytes().map(Amounts::size).orElse("-"),
                    cut(each.verdict()));
        }
        return table.lines();
    }

    /** A line of a terminal has room for little more; check and JSON have the whole. */
    private static String cut(String verdict) {
        if (verdict.length() <= LONGEST_VERDICT) {
            return verdict;
        }
        int space = verdict.lastIndexOf(' ', LONGEST_VERDICT);
        return verdict.substring(0, space < 0 ? LONGEST_VERDICT : space) + " ...";
    }
}
