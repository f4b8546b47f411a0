// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.config.NotifySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.notify.Notifications;
import org.tidemark.notify.Notifications.Untold;
import org.tidemark.session.Host;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "notify",
        description = {
            "Lists who is told of changes, and what could not be sent; --test sends a test.",
            "The destinations are the tables [notify.NAME] of the configuration. 'tidemark serve' tells them by itself,"
                    + " and without it 'tidemark check --notify' does.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "notify [--test] [NAME...]",
        examples = {"tidemark notify", "tidemark notify --test pager"},
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.LOCAL_FILES})
public final class NotifyCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "the name of a destination; default: all")
    private List<String> names = List.of();

    @Option(names = "--test", description = "send a test, which says that nothing has happened")
    private boolean test;

    /**
     * A destination, as JSON.
     *
     * @param why the last attempt failed, or this test
     */
    private record View(
            String name,
            String kind,
            Severity severity,
            List<ClusterName> clusters,
            int unsent,
            Optional<Instant> oldest,
            Optional<String> why) {}

    private record Views(List<View> destinations) {}

    public NotifyCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        Host host = global.host(context);
        List<NotifySettings> wanted = wanted(host.configuration().destinations());
        List<View> views = test ? tested(host, wanted) : listed(spools(host), wanted);
        if (output.isJson()) {
            output.json(new Views(views));
        } else {
            views.forEach(each -> output.line(line(each)));
        }
        return views.stream().anyMatch(each -> each.why().isPresent()) ? ExitCode.NO : ExitCode.DONE;
    }

    /** A cluster whose data directory has a spool beside it has one of its own. */
    private static Set<Path> spools(Host host) {
        Set<Path> spools = new LinkedHashSet<>();
        for (ClusterName each : host.clusters()) {
            try (Session session = host.session(each)) {
                spools.add(session.spool());
            }
        }
        return spools;
    }

    private List<NotifySettings> wanted(List<NotifySettings> all) {
        if (all.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "nobody is notified: the configuration has no table [notify.NAME]",
                    "docs/watch/notify.md says how to write one.");
        }
        for (String name : names) {
            if (all.stream().noneMatch(each -> each.name().equals(name))) {
                throw new UserFacingException(
                        ExitCode.USAGE, "there is no table [notify." + name + "]", "List them with: tidemark notify");
            }
        }
        return names.isEmpty()
                ? all
                : all.stream().filter(each -> names.contains(each.name())).toList();
    }

    private List<View> tested(Host host, List<NotifySettings> wanted) throws IOException {
        Notifications notifications = new Notifications(host.spool(), HostName.ofThisMachine());
        List<View> views = new ArrayList<>();
        for (NotifySettings each : wanted) {
            ClusterName cluster = host.clusters().stream()
                    .filter(each::isAbout)
                    .findFirst()
                    .orElse(host.clusters().getFirst());
            views.add(view(
                    each,
                    List.of(),
                    notifications.test(each, cluster, context.clock().instant())));
        }
        return views;
    }

    private static List<View> listed(Set<Path> spools, List<NotifySettings> wanted) throws IOException {
        List<View> views = new ArrayList<>();
        for (NotifySettings each : wanted) {
            List<Untold> waiting = new ArrayList<>();
            for (Path spool : spools) {
                waiting.addAll(Notifications.untold(spool, List.of(each)));
            }
            views.add(view(
                    each,
                    waiting,
                    waiting.stream().flatMap(one -> one.why().stream()).findFirst()));
        }
        return views;
    }

    private static View view(NotifySettings each, List<Untold> waiting, Optional<String> why) {
        return new View(
                each.name(),
                each.to().kind(),
                each.severity(),
                each.clusters(),
                waiting.stream().mapToInt(Untold::announcements).sum(),
                waiting.stream().map(Untold::oldest).min(Instant::compareTo),
                why);
    }

    private String line(View view) {
        String clusters = view.clusters().isEmpty()
                ? "all clusters"
                : String.join(
                        ", ", view.clusters().stream().map(ClusterName::value).toList());
        String state = test
                ? view.why().map(why -> "FAILED: " + why).orElse("sent")
                : view.unsent() == 0
                        ? "nothing waits"
                        : view.unsent() + " not sent, the oldest since "
                                + Amounts.minute(view.oldest().orElseThrow()) + " UTC"
                                + view.why().map(why -> ": " + why).orElse("");
        return String.format(
                Locale.ROOT, "%-16s %-10s %-9s %s · %s", view.name(), view.kind(), view.severity(), clusters, state);
    }
}
