// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.page.ClusterOnPage;
import org.tidemark.page.ReportPage;
import org.tidemark.page.ReportPage.Drilled;
import org.tidemark.page.ReportPage.Part;
import org.tidemark.session.Host;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.audit.AuditTrail;
import org.tidemark.watch.check.TimedPart;
import org.tidemark.watch.fleet.FleetReading;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "report",
        description = {
            "Writes what protects the clusters into one file: for a ticket, a mail or an auditor.",
            "The file is an HTML page that needs nothing else. It has a line for each cluster, the worst first; then, for"
                    + " each, the moments that can be restored, with the command for them, what is wrong and what to"
                    + " do, the repositories, and what was done in them. Each cluster is read and checked within 20 s,"
                    + " and what was done in another 20 s."
                    + " A file that is there is replaced.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "report --html FILE [--days DAYS]",
        examples = {"tidemark report --html report.html", "tidemark report --html /var/www/main.html --cluster main"},
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES})
public final class ReportCommand implements Callable<ExitCode> {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MOST_DAYS = 3650;

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(names = "--html", paramLabel = "FILE", description = "the file to write")
    private @Nullable Path html;

    @Option(
            names = "--days",
            paramLabel = "DAYS",
            description = "how many days back to tell what was done, from 1 to 3650. Default: 30")
    private int days = 30;

    private record View(Path file, List<ClusterName> clusters) {}

    public ReportCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws InterruptedException {
        Output output = global.output(context);
        Host host = global.host(context);
        if (html == null) {
            throw new UserFacingException(
                    ExitCode.USAGE, "no file is named", "Name it, as in: tidemark report --html report.html");
        }
        if (days < 1 || days > MOST_DAYS) {
            throw new UserFacingException(
                    ExitCode.USAGE, days + " is not a value of --days", "Give it from 1 to " + MOST_DAYS + ".");
        }
        Instant since = context.clock().instant().minus(Duration.ofDays(days));
        List<Part> parts = new ArrayList<>();
        Map<ClusterName, ObservedCluster> observed =
                new FleetReading(context.clock(), LIMIT).observed(host.clusters(), host::session);
        for (Map.Entry<ClusterName, ObservedCluster> each : observed.entrySet()) {
            parts.add(part(host, new ClusterOnPage(each.getKey(), each.getValue()), since));
        }
        Path written = PageFile.write(
                context, html, ReportPage.html(parts, since, context.clock().instant()));
        if (output.isJson()) {
            output.json(new View(written, List.copyOf(observed.keySet())));
        } else {
            output.line(written.toString());
        }
        return ExitCode.DONE;
    }

    /** What was done is told as far as it can be read: the rest of the report stays valid. */
    private Part part(Host host, ClusterOnPage cluster, Instant since) throws InterruptedException {
        return TimedPart.start("audit-" + cluster.name(), () -> done(host, cluster, since))
                .await(System.nanoTime() + LIMIT.toNanos())
                .orElseGet(() -> new Part(
                        cluster,
                        Optional.empty(),
                        List.of(),
                        Optional.of(new UserFacingException(
                                ExitCode.TIMED_OUT,
                                "reading what was done did not end within " + Amounts.duration(LIMIT),
                                "Take fewer days with --days, or see what hangs with: tidemark check"))));
    }

    private Part done(Host host, ClusterOnPage cluster, Instant since) {
        try (Session session = host.session(cluster.name())) {
            AuditTrail trail = AuditTrail.of(session, since, context.clock().instant());
            Optional<UserFacingException> unread =
                    trail.repositories().failures().values().stream().findFirst();
            try {
                return new Part(cluster, drilled(session), trail.acts(), unread);
            } catch (UserFacingException e) {
                return new Part(cluster, Optional.empty(), trail.acts(), unread.or(() -> Optional.of(e)));
            }
        } catch (UserFacingException e) {
            return new Part(cluster, Optional.empty(), List.of(), Optional.of(e));
        }
    }

    /** Of the newest incarnation; empty before its first drill. */
    private Optional<Drilled> drilled(Session session) {
        ClusterReading reading =
                ClusterReading.of(session, WalReading.WHOLE, context.clock().instant());
        return DrillProof.of(session, reading, false).stream()
                .findFirst()
                .filter(proof -> !proof.chains().isEmpty())
                .map(proof -> new Drilled(proof, session.names()));
    }
}
