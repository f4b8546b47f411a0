// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.tidemark.archiver.ahead.ResidentService;
import org.tidemark.archiver.ahead.ResidentState;
import org.tidemark.archiver.ahead.ResidentState.Trouble;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Terminal;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.Session;
import org.tidemark.operations.status.ClusterStatus;
import org.tidemark.operations.status.ClusterStatus.Holding;
import org.tidemark.operations.status.ClusterStatus.Incarnation;
import org.tidemark.recoverability.ReachableTimeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = {
            "Shows what protects the cluster: the last backup, the last WAL, and which moments can be reached.",
            "It reads the repositories and the queues of this host, and does not ask PostgreSQL: 'tidemark check' does,"
                    + " and says what is wrong. If a repository does not answer, the others are shown with a warning,"
                    + " and the exit status says why. If none answers, what this host has is still shown.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "status [--recount]",
        examples = {"tidemark status", "tidemark status --cluster all --output json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.DAMAGED, ExitCode.UNKNOWN_FORMAT, ExitCode.NO_BACKUP})
final class StatusCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final CountOptions count = new CountOptions();

    StatusCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        Instant now = context.clock().instant();
        ClusterStatus status;
        try (Session session = global.session(context)) {
            status = ClusterStatus.of(session, count.reading(), now);
        }
        status.reading().repositories().warnings().forEach(output::tell);
        MarksWarnings.tell(output, status.reading());
        if (output.isJson()) {
            json(output, status, now);
        } else {
            CountOptions.tell(output, status.reading().counted(), "status");
            StatusLines.of(status, now, Terminal.of(context.environment(), context.dataToTerminal()))
                    .forEach(output::advise);
        }
        // What this host has is shown even if no repository answers.
        status.reading().repositories().requireOne();
        return status.reading().repositories().status();
    }

    static void json(Output output, ClusterStatus status, Instant now) {
        Document document = Document.versioned()
                .list("incarnations", status.incarnations())
                .each(each -> describe(each, now))
                .list("queues", status.queues())
                .each(queue -> new Document()
                        .put("repository", queue.repository())
                        .put("objects", queue.objects())
                        .put("bytes", queue.bytes())
                        .put("oldest", queue.oldest())
                        .put("refused", queue.refused()))
                .put(
                        "received",
                        new Document()
                                .put("files", status.received().files())
                                .put("bytes", status.received().bytes())
                                .put("oldest", status.received().oldest()))
                .put("receiver", status.receiver().map(StatusCommand::describe))
                .list("givenUp", status.givenUp())
                .each(given -> new Document()
                        .put("first", given.first().name())
                        .put("last", given.last().name())
                        .put("givenUp", given.at())
                        .put("host", given.host())
                        .put("why", given.why()))
                .put("residentArchiver", status.archiver().map(StatusCommand::describe))
                .put(
                        "startedJava",
                        status.startedJava()
                                .map(started -> new Document()
                                        .put("segments", started.share().starts())
                                        .put("of", started.share().segments())
                                        .put("why", started.why())));
        CountOptions.describe(document, status.reading().counted());
        UnreadRepositories.describe(document, status.reading().repositories());
        output.json(document);
    }

    private static Document describe(LocalReceiver receiver) {
        return new Document()
                .put("name", receiver.name())
                .put("process", Long.parseLong(receiver.process().pid()))
                .put("running", receiver.isRunning())
                .put(
                        "last",
                        receiver.last()
                                .map(last -> new Document()
                                        .put("segment", last.segment().name())
                                        .put("arrived", last.at())));
    }

    private static Document describe(ResidentService service) {
        ResidentState state = service.state();
        return new Document()
                .put("process", Long.parseLong(state.process().pid()))
                .put("since", state.since())
                .put("condition", service.condition())
                .put("lateSince", service.late())
                .put(
                        "last",
                        state.last()
                                .map(last -> new Document()
                                        .put("segment", last.segment())
                                        .put("archived", last.at())))
                .put("trouble", state.trouble().map(Trouble::message));
    }

    private static Document describe(Incarnation incarnation, Instant now) {
        ClusterIdentity identity = incarnation.identity();
        Document document = new Document()
                .put("cluster", identity.cluster().value())
                .put("systemIdentifier", identity.system().toString())
                .put("postgresMajor", identity.postgresMajor());
        return describe(document, incarnation.together(), now)
                .list("unfinished", incarnation.unfinished())
                .each(each -> new Document()
                        .put("id", each.id().value())
                        .put("state", each.state())
                        .put("notes", BackupRemarks.of(each, now).notes()))
                .list("repositories", incarnation.alone().entrySet())
                .each(each -> describe(new Document().put("repository", each.getKey()), each.getValue(), now));
    }

    private static Document describe(Document document, Holding holding, Instant now) {
        document.put(
                        "lastBackup",
                        holding.newest()
                                .map(backup -> new Document()
                                        .put("id", backup.id().value())
                                        .put("ended", backup.run().ended())
                                        .put("ageSeconds", seconds(backup.run().ended(), now))))
                .put(
                        "lastWal",
                        holding.newestWal()
                                .map(run -> new Document()
                                        .put("segment", run.last().name())
                                        .put("stored", run.lastStored())
                                        .put("ageSeconds", seconds(run.lastStored(), now))))
                .list(
                        "lost",
                        holding.timelines().stream()
                                .flatMap(each -> lost(each).stream())
                                .toList())
                .each(each -> each);
        return RecoverableJson.describe(document, holding.recoverable());
    }

    private static long seconds(Instant moment, Instant now) {
        return Math.max(0, Duration.between(moment, now).toSeconds());
    }

    private static List<Document> lost(ReachableTimeline timeline) {
        return timeline.lost().stream()
                .map(each -> new Document()
                        .put("timeline", timeline.timeline().id())
                        .put("from", each.from())
                        .put("until", each.until())
                        .put("missing", each.missing().name())
                        .put("uselessSegments", each.useless())
                        .put("removed", each.isRemoved()))
                .toList();
    }
}
