// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.receive.ReceiveOptions;
import org.tidemark.archiver.receive.ReceiveOptions.FlushAfter;
import org.tidemark.archiver.receive.ReceiveOptions.Missing;
import org.tidemark.archiver.receive.ReceiveOptions.Reconnect;
import org.tidemark.archiver.receive.ReceiveOptions.Synchronous;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Durations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SlotName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.wal.WalReception;
import org.tidemark.operations.wal.WalReception.Existing;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "wal-receive",
        description = {
            "Receives WAL from the server while it is written, and archives it.",
            "Each segment is archived as soon as it is complete, as wal-push does it. The command runs until it is"
                    + " stopped by SIGINT or SIGTERM, and connects again when the connection is lost. What it has"
                    + " received and not archived yet stays in the spool; the next start continues with it.",
            "See docs/archive/wal-receive.md.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = {
            "wal-receive [--slot NAME [--temporary-slot]] [--synchronous]",
            "    [--synchronous-standby-name NAME] [--flush-after spool|repository]",
            "    [--status-interval TIME] [--piece-interval TIME] [--endpos LSN] [--no-loop]",
            "    [--skip-missing]",
            "wal-receive --slot NAME --create-slot [--if-not-exists]",
            "wal-receive --slot NAME --drop-slot"
        },
        examples = {
            "tidemark wal-receive --slot tidemark --create-slot --if-not-exists",
            "tidemark wal-receive --slot tidemark"
        },
        uses = {Help.Uses.REPOSITORY, Help.Uses.POSTGRES},
        statuses = {
            ExitCode.DONE,
            ExitCode.USAGE,
            ExitCode.WAL_REFUSED,
            ExitCode.WAL_CONFLICT,
            ExitCode.WRONG_CLUSTER,
            ExitCode.WAL_MISSING,
            ExitCode.LOCAL_FILES,
            ExitCode.INTERRUPTED,
            ExitCode.TIMED_OUT
        })
public final class WalReceiveCommand implements Callable<ExitCode> {
    private static final Duration LONGEST_STATUS_INTERVAL = Duration.ofSeconds(30);
    private static final Duration LONGEST_PIECE_INTERVAL = Duration.ofHours(1);

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--slot",
            paramLabel = "NAME",
            description = "the replication slot, which keeps WAL on the server until it is received")
    private @Nullable String slot;

    @Option(
            names = "--create-slot",
            description = "create the slot, which keeps WAL from the latest checkpoint on, and exit")
    private boolean createSlot;

    @Option(names = "--if-not-exists", description = "with --create-slot: a slot that exists already is no error")
    private boolean ifNotExists;

    @Option(names = "--drop-slot", description = "remove the slot, and exit")
    private boolean dropSlot;

    @Option(
            names = "--temporary-slot",
            description = "create the slot of --slot with each connection; PostgreSQL removes it when the connection"
                    + " ends")
    private boolean temporarySlot;

    @Option(
            names = "--synchronous",
            description = "flush WAL as soon as it arrives, and tell the server at once, so that a commit can wait for"
                    + " it")
    private boolean synchronous;

    @Option(
            names = "--synchronous-standby-name",
            paramLabel = "NAME",
            description = "the name in the server's synchronous_standby_names; default: application_name of conninfo")
    private @Nullable String standbyName;

    @Option(
            names = "--flush-after",
            paramLabel = "spool|repository",
            defaultValue = "spool",
            description = "when WAL counts as flushed: after fsync in the spool (default), or when as many repositories"
                    + " as acknowledge says hold it")
    private FlushAfter flushAfter = FlushAfter.SPOOL;

    @Option(
            names = "--status-interval",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "the time between two reports to the server, 1s to 30s; default: 10s")
    private String statusInterval = "10s";

    @Option(
            names = "--piece-interval",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "the time between two pieces of the current segment that are stored in the repositories, 1s"
                    + " to 1h, or 0s to store none; default: 10s")
    private String pieceInterval = "10s";

    @Option(
            names = "--endpos",
            paramLabel = "LSN",
            description = "stop when WAL up to this position was received, and all complete segments are archived")
    private @Nullable String endpos;

    @Option(names = "--no-loop", description = "exit with an error when the connection fails or is lost")
    private boolean noLoop;

    @Option(
            names = "--skip-missing",
            description = "if the server has removed the WAL that is needed next, start with the WAL that it has; the"
                    + " hole stays")
    private boolean skipMissing;

    public WalReceiveCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        ReceiveOptions options = options(Long.MAX_VALUE);
        try (Session session = global.sessionDespiteProblems(context)) {
            warn(session, output);
            WalReception reception = new WalReception(session, Optional.ofNullable(standbyName), context.clock());
            if (createSlot) {
                Existing existing = ifNotExists ? Existing.IS_FINE : Existing.FAILS;
                output.say(
                        reception.createSlot(slot(), existing)
                                ? "slot '" + slot() + "' was created; the server keeps WAL for it from now on"
                                : "slot '" + slot() + "' exists already");
                return ExitCode.DONE;
            }
            if (dropSlot) {
                reception.dropSlot(slot());
                output.say("slot '" + slot() + "' was removed");
                return ExitCode.DONE;
            }
            WalReceiveOutput shown =
                    new WalReceiveOutput(output, session.cluster().orElseThrow().name(), context.clock());
            reception.run(options(session.spoolLimit()), shown);
            output.say("received up to " + options.end().orElseThrow());
            return ExitCode.DONE;
        } catch (UserFacingException e) {
            if (e.exitCode() != ExitCode.INTERRUPTED) {
                throw e;
            }
            output.say("stopped; the next start continues with what is in the spool");
            return ExitCode.INTERRUPTED;
        }
    }

    private static void warn(Session session, Output output) {
        session.wrongFiles()
                .ifPresent(wrong -> session.cluster()
                        .ifPresent(cluster -> output.warn(
                                wrong.warning(cluster.name()), wrong.problem().hint())));
    }

    /** All options are checked before anything is contacted. */
    private ReceiveOptions options(long spoolLimitBytes) {
        if ((createSlot || dropSlot || temporarySlot) && slot == null) {
            throw usage("--create-slot, --drop-slot and --temporary-slot need the name of a slot", "Add --slot NAME.");
        }
        if (createSlot && dropSlot) {
            throw usage("--create-slot and --drop-slot exclude each other", "Choose one of them.");
        }
        if ((createSlot || dropSlot) && (endpos != null || noLoop || skipMissing || synchronous || temporarySlot)) {
            throw usage(
                    (createSlot ? "--create-slot creates" : "--drop-slot removes")
                            + " the slot and exits: --endpos, --no-loop, --skip-missing, --synchronous and"
                            + " --temporary-slot belong to a call that receives WAL",
                    "Leave them out here, and give them to the call that starts the receiver.");
        }
        if (ifNotExists && !createSlot) {
            throw usage("--if-not-exists belongs to --create-slot", "Add --create-slot, or leave it out.");
        }
        return new ReceiveOptions(
                Optional.ofNullable(slot).map(name -> parsed("--slot", name, SlotName::require)),
                temporarySlot ? SlotLife.TEMPORARY : SlotLife.PERMANENT,
                flushAfter,
                synchronous ? Synchronous.YES : Synchronous.NO,
                statusInterval(),
                Optional.ofNullable(endpos).map(text -> parsed("--endpos", text, Lsn::parse)),
                noLoop ? Reconnect.NO : Reconnect.YES,
                skipMissing ? Missing.SKIP : Missing.STOP,
                pieceInterval(),
                spoolLimitBytes);
    }

    private String slot() {
        return Optional.ofNullable(slot).orElseThrow();
    }

    private Duration statusInterval() {
        return Durations.parse(statusInterval)
                .filter(time -> !time.isZero() && time.compareTo(LONGEST_STATUS_INTERVAL) <= 0)
                .orElseThrow(() -> usage(
                        "--status-interval = '" + statusInterval + "' is not a time from 1s to 30s",
                        "Write it as 10s."));
    }

    private Optional<Duration> pieceInterval() {
        Duration interval = Durations.parse(pieceInterval)
                .filter(time -> time.compareTo(LONGEST_PIECE_INTERVAL) <= 0)
                .orElseThrow(() -> usage(
                        "--piece-interval = '" + pieceInterval + "' is not a time from 1s to 1h, or 0s",
                        "Write it as 10s."));
        return Optional.of(interval).filter(time -> !time.isZero());
    }

    private static <T> T parsed(String option, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE, String.valueOf(e.getMessage()), "Correct the value of " + option + ".", e);
        }
    }

    private static UserFacingException usage(String message, String hint) {
        return new UserFacingException(ExitCode.USAGE, message, hint);
    }
}
