// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.cli.output.RecoverLine;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.operations.recovery.StartedServer.End;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;

/** What {@code recover} prints of a restore. */
public final class RecoverOutput implements RestoreRun.Observer {
    private final Output output;

    /** @param plan null if it could not be written */
    private record View(
            Path directory,
            BackupId backup,
            Timeline timeline,
            @Nullable Path plan,
            long bytesWritten,
            long bytesKept,
            List<String> variablesNeeded,
            Optional<Server> server) {}

    /**
     * What the server came to.
     *
     * @param state open, paused, stopped, streaming or delayed
     * @param look the target at which the locked tables can be read, if it is known
     */
    record Server(
            String state,
            Optional<Timeline> timeline,
            Optional<Lsn> lsn,
            Optional<Instant> commit,
            Optional<List<String>> locked,
            Optional<Lsn> look) {
        private Server(String state, Optional<Timeline> timeline, Optional<Lsn> lsn, Optional<Instant> commit) {
            this(state, timeline, lsn, commit, Optional.empty(), Optional.empty());
        }

        static Server of(End end, Optional<Lsn> look) {
            return switch (end) {
                case End.Open open ->
                    new Server("open", Optional.of(open.timeline()), Optional.empty(), Optional.empty());
                case End.Paused paused ->
                    new Server(
                            "paused",
                            Optional.empty(),
                            Optional.of(paused.at()),
                            paused.commit(),
                            Optional.of(paused.locked()).filter(tables -> !tables.isEmpty()),
                            look.filter(_ -> !paused.locked().isEmpty()));
                case End.Stopped _ -> new Server("stopped", Optional.empty(), Optional.empty(), Optional.empty());
                case End.Streaming streaming ->
                    new Server("streaming", Optional.empty(), Optional.of(streaming.at()), Optional.empty());
                case End.Delayed delayed ->
                    new Server("delayed", Optional.empty(), Optional.of(delayed.at()), delayed.commit());
            };
        }
    }

    /** Shows how far a recovery is, until it is closed. */
    interface Following extends StartedServer.Observer, AutoCloseable {
        @Override
        void close();
    }

    /** @param output of the command */
    public RecoverOutput(Output output) {
        this.output = output;
    }

    @Override
    public Restoring restoring(long bytes) {
        return progress("restoring", bytes);
    }

    @Override
    public Restoring copyingWal(long bytes) {
        return progress("copying WAL", bytes);
    }

    private Restoring progress(String what, long bytes) {
        Progress progress = output.progress(what, bytes);
        return new Restoring() {
            @Override
            public void advanced(long more) {
                progress.advance(more);
            }

            @Override
            public void close() {
                progress.close();
            }
        };
    }

    @Override
    public void tell(Finding finding) {
        output.tell(finding);
    }

    /** How much WAL was replayed, of that which is archived. */
    Following following(RestorePlan.Chosen plan, WalSegmentSize size) {
        long lastArchived = plan.wal().runs().isEmpty()
                ? 0
                : plan.wal().runs().getLast().last().end(size).value();
        Lsn from = plan.backup().startLsn();
        long archived = Math.max(0, lastArchived - from.value());
        Progress progress = output.progress("replaying WAL", archived);
        return new Following() {
            @Override
            public void replayed(Lsn upTo, Optional<Instant> commit) {
                progress.show(
                        Math.max(0, upTo.value() - from.value()),
                        archived,
                        "up to " + upTo
                                + commit.map(each -> ", committed " + Amounts.second(each))
                                        .orElse(""));
            }

            @Override
            public void close() {
                progress.close();
            }
        };
    }

    /** Says that the files are complete. */
    void restored(RestoreRun.Result result) {
        output.count(result.restored().bytesWritten());
        if (!output.isJson()) {
            output.line(result.restored().plan().request().directory().toString());
            output.say("restored, verified, and its WAL can be fetched"
                    + result.planFile()
                            .map(file -> "; the plan and what to do next: " + file)
                            .orElse(""));
            if (result.restored().plan().changes().isPresent()) {
                output.say(Amounts.size(result.restored().bytesKept()) + " were in place, and "
                        + Amounts.size(result.restored().bytesWritten()) + " were written");
            }
            result.restored().plan().findings().stream()
                    .filter(each ->
                            each.severity() == PlanFinding.Severity.WARNING && each.topic() == PlanFinding.Topic.BACKUP)
                    .forEach(each -> output.warn(each.message(), each.hint()));
        }
    }

    /**
     * Prints what was done.
     *
     * @param end what the server came to, if it was started
     * @param look where tables can be read that are locked at the target
     */
    public void finish(RestoreRun.Result result, Optional<End> end, Optional<Lsn> look) {
        if (output.isJson()) {
            output.json(new View(
                    result.restored().plan().request().directory(),
                    result.backup().id(),
                    result.restored().plan().timeline(),
                    result.planFile().orElse(null),
                    result.restored().bytesWritten(),
                    result.restored().bytesKept(),
                    result.variablesNeeded(),
                    end.map(each -> Server.of(each, look))));
        } else {
            end.ifPresent(each -> tell(
                    output, each, look.map(position -> beside(result.restored().plan(), position))));
        }
    }

    /** The same restore into another directory, up to another position. */
    private static CopyableCommand beside(RestorePlan.Chosen plan, Lsn position) {
        String other = plan.request().directory() + "-look";
        CopyableCommand command =
                RecoverLine.before(position, plan.timeline(), other).with(List.of("--start"));
        return plan.directories().stream().anyMatch(TargetDirectory.Tablespace.class::isInstance)
                ? command.with(List.of("--tablespaces-below", other + "-tablespaces"))
                : command;
    }

    /**
     * What the server came to, and what keeps an operator from looking at it.
     *
     * @param look the command that leads to where locked tables can be read
     */
    static void tell(Output output, End end, Optional<CopyableCommand> look) {
        output.say(sentence(end));
        if (end instanceof End.Paused paused && !paused.locked().isEmpty()) {
            output.warn(
                    "queries wait as long as it is paused on what the transaction after the target has locked, as DROP"
                            + " TABLE does: " + String.join(", ", paused.locked()),
                    "To read it, open the server for writing, if this is the right target: SELECT"
                            + " pg_wal_replay_resume()"
                            + look.map(each -> ". Or read it beside, before the lock, with: " + each)
                                    .orElse(""));
        }
    }

    private static String sentence(End end) {
        return switch (end) {
            case End.Open open -> "PostgreSQL is open for writing, on timeline " + open.timeline();
            case End.Paused paused ->
                "PostgreSQL has reached the target, and waits there, read-only: at " + paused.at()
                        + commit(paused.commit());
            case End.Stopped _ -> "PostgreSQL has reached the target, and has stopped";
            case End.Streaming streaming -> "the standby streams: at " + streaming.at();
            case End.Delayed delayed ->
                "the standby replays with its delay: at " + delayed.at() + commit(delayed.commit());
        };
    }

    private static String commit(Optional<Instant> commit) {
        return commit.map(each -> ", the last commit is of " + Amounts.second(each))
                .orElse("");
    }
}
