// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest.Patience;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;
import org.tidemark.wal.call.WalArguments;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.fetch.CallingServer;
import org.tidemark.wal.fetch.FetchSetup;
import org.tidemark.wal.notices.RepeatedNotices;

/** {@code wal-fetch %f %p}: restore_command. */
record FetchCommand(WalArguments arguments, WalCall call) {
    private static final Duration A_DAY = Duration.ofDays(1);
    /** At the end of recovery PostgreSQL waits for this answer before it opens the database. */
    private static final Duration LAST_PROBE = Duration.ofSeconds(10);
    /**
     * From 15 on PostgreSQL asks for segments after the target before it replays the one with the target. If it opens
     * the database only at the target, it is told soon that one of them is missing.
     */
    private static final Duration LATE_BEFORE_A_TARGET = Duration.ofSeconds(10);
    /** The time for everything except retries. */
    private static final Duration WORK = Duration.ofMinutes(2);

    int run() throws IOException, InterruptedException {
        WalFile file = parse(arguments.files().getFirst());
        long begun = System.nanoTime();
        Environment environment = call.environment();
        WalContext context = WalContext.of(arguments, environment, environment.workingDirectory(), Clock.systemUTC());
        FetchSetup setup = FetchSetup.of(context, System.err);
        Optional<WalLog> log = log(setup);
        LogLines.warn(context);
        Path target = setup.directory().resolve(arguments.files().get(1));
        CallingServer server = setup.server();
        Optional<BooleanSupplier> alternative = setup.alternative(file);
        Duration patience = patience(
                file,
                server,
                alternative.isPresent(),
                context.configuration().host().fetchRetry());
        Watchdog.watch(patience.plus(WORK), "fetching '" + file.name() + "'");
        ControlFile control = context.control();
        List<WalSource> sources = setup.sources(control.system(), alternative.isPresent());
        FetchRequest request = setup.request(
                file, target, control, new Patience(patience, late(patience)), () -> Launcher.requireAlive(call));
        FetchResult result = new WalFetcher(sources, notice -> System.err.println("WARNING: " + notice)).fetch(request);
        // One that is asked in a thread of its own may hang, and closing its store with it; the process ends now in any
        // case.
        if (sources.size() == 1 && alternative.isEmpty()) {
            setup.repositories().close();
        }
        if (result instanceof FetchResult.IdTaken taken) {
            System.err.println("WARNING: '" + file.name() + "' is not archived, although '" + taken.walFile()
                    + "' is, in '" + taken.repository() + "': this recovery ends on an earlier timeline, and takes"
                    + " another timeline id");
            return WalMain.DELIVERED;
        }
        if (result instanceof FetchResult.Withheld withheld) {
            System.err.println("WARNING: '" + file.name() + "' is archived, but not delivered: " + withheld.reason()
                    + ", so PostgreSQL would not start with this file");
            System.err.println("HINT: If timeline " + file.timeline()
                    + " is the right one, make this standby again with: tidemark clone --to DIR --primary CONNINFO");
            return WalMain.ABSENT;
        }
        Prefetching.begin(call, setup, control, file, result);
        if (result instanceof FetchResult.Restored restored) {
            for (FetchResult.PassedOver passed : restored.passedOver()) {
                System.err.println("WARNING: '" + file.name() + "' came from '" + restored.from() + "', since '"
                        + passed.repository() + "' did not deliver it: " + passed.problem());
            }
            if (log.isPresent()) {
                Duration took = Duration.ofNanos(System.nanoTime() - begun);
                log.get().delivered(file.name(), restored.from(), target, took);
            }
            sayByHand("'" + file.name() + "' was written to '" + target + "', from '" + restored.from() + "'");
            return WalMain.DELIVERED;
        }
        if (log.isPresent()) {
            log.get().absent(file.name(), ((FetchResult.Absent) result).reason());
        }
        sayByHand("not delivered: " + ((FetchResult.Absent) result).reason());
        return WalMain.ABSENT;
    }

    /** The log of this host, if one is configured: from now on, what is printed goes there as well. */
    static Optional<WalLog> log(FetchSetup setup) {
        WalContext context = setup.context();
        Optional<WalLog> log = LogLines.logOf(context);
        if (log.isPresent() && setup.server().isStandby()) {
            log.get().ofStandby(RepeatedNotices.in(context.spool(), context.clock()));
        }
        LogLines.logTo(log);
        return log;
    }

    /** A normal result does not belong in PostgreSQL's log, but a person expects some output. */
    private void sayByHand(String sentence) {
        if (new Launcher(call).isCalledByHand()) {
            System.err.println(sentence);
        }
    }

    private Duration patience(WalFile file, CallingServer server, boolean hasAlternative, Duration configured) {
        if (server.isStandby() || hasAlternative) {
            return Duration.ZERO; // a standby asks again by itself, and files in pg_wal need no waiting
        }
        if (server.asksForTheLastTime(file)) {
            return configured.compareTo(LAST_PROBE) < 0 ? configured : LAST_PROBE;
        }
        return arguments.unreachable() == WalArguments.Unreachable.RETRY ? A_DAY : configured;
    }

    private static Duration late(Duration patience) {
        return FailedCall.isBeforeTarget() && patience.compareTo(LATE_BEFORE_A_TARGET) > 0
                ? LATE_BEFORE_A_TARGET
                : patience;
    }

    private static WalFile parse(String name) {
        try {
            return WalFile.parse(name);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "restore_command must pass %f and %p: restore_command = 'tidemark wal-fetch %f %p'.",
                    e);
        }
    }
}
