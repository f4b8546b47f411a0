// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.operations.recovery.DelayedCopy;
import org.tidemark.operations.recovery.DelayedPlan;
import org.tidemark.operations.recovery.RestoreCommand;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.request.Role;
import org.tidemark.session.Session;

/** {@code recover --on-delayed}: shows what the standby has replayed, and stops it at the target. */
record DelayedRecovery(CommandContext context, GlobalOptions global, Output output) {
    /**
     * The document.
     *
     * @param commit the time of the last commit that it has replayed
     */
    record View(
            Path directory,
            boolean possible,
            boolean dryRun,
            Timeline timeline,
            long delaySeconds,
            Lsn lsn,
            Optional<Instant> commit,
            List<FindingView> findings,
            Optional<RecoverOutput.Server> server) {
        private record FindingView(PlanFinding.Severity severity, int status, String message, String hint) {}

        static View of(DelayedPlan plan, boolean dryRun, Optional<StartedServer.End> end) {
            return new View(
                    plan.facts().directory(),
                    plan.isPossible(),
                    dryRun,
                    plan.facts().timeline(),
                    plan.facts().delay().toSeconds(),
                    plan.facts().replayed(),
                    plan.facts().commit(),
                    plan.findings().stream()
                            .map(each -> new FindingView(
                                    each.severity(), each.exitCode().status(), each.message(), each.hint()))
                            .toList(),
                    end.map(each -> RecoverOutput.Server.of(each, Optional.empty())));
        }
    }

    ExitCode run(Path directory, Role.Recovery role, boolean dryRun) throws IOException, InterruptedException {
        try (Session session = global.session(context)) {
            DelayedCopy copy = DelayedCopy.in(session, directory, context.clock());
            // The replay is paused before the repositories are read.
            DelayedPlan plan = dryRun ? copy.plan(role) : copy.look(role);
            if (!output.isJson()) {
                output.say("PLAN for " + cluster(session) + " · "
                        + (dryRun ? "nothing has been changed" : "is carried out now"));
                output.say(plan.text().stripTrailing());
            }
            if (dryRun) {
                if (output.isJson()) {
                    output.json(View.of(plan, true, Optional.empty()));
                }
                return plan.isPossible() ? ExitCode.DONE : ExitCode.NO;
            }
            plan.orThrow();
            StartedServer server = copy.stopAt(role, timeline -> restoreCommand(session, timeline, role), output::say);
            StartedServer.End end = follow(server, role, plan.facts().replayed());
            if (output.isJson()) {
                output.json(View.of(plan, false, Optional.of(end)));
            } else {
                RecoverOutput.tell(output, end, Optional.empty());
                next();
            }
            return ExitCode.DONE;
        }
    }

    private StartedServer.End follow(StartedServer server, Role.Recovery role, Lsn from)
            throws IOException, InterruptedException {
        try (Progress progress = output.progress("replaying WAL", 0)) {
            return server.follow(
                    role,
                    (upTo, commit) -> progress.show(
                            Math.max(0, upTo.value() - from.value()),
                            0,
                            "up to " + upTo
                                    + commit.map(each -> ", committed " + Amounts.second(each))
                                            .orElse("")));
        }
    }

    private void next() {
        output.say(
                "Look at the data. A table that the next transaction drops or truncates is locked until the server is"
                        + " opened, with pg_wal_replay_resume(). Take out of it what was lost, with pg_dump. To have a delayed"
                        + " standby again, stop this server, move its directory away, and make it again: recover --standby"
                        + " --apply-delay DURATION. If it had a slot, and the new one does not use it, drop it on the primary:"
                        + " it holds WAL there.");
    }

    private static ClusterName cluster(Session session) {
        return session.cluster().map(ClusterSettings::name).orElseThrow();
    }

    private String restoreCommand(Session session, Timeline timeline, Role.Recovery role) {
        return RestoreCommand.fetching(
                        LauncherPath.absolute(context.environment()),
                        Optional.of(timeline),
                        role.target(),
                        cluster(session),
                        session.repositoriesOfTheCluster().stream()
                                .map(RepositorySettings::name)
                                .toList(),
                        global.decryptWith(context.environment()),
                        global.namedConfiguration(context.environment()))
                .text();
    }
}
