// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.prefetch.PrefetchDirectory;
import org.tidemark.config.Environment;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.ServerRun;
import org.tidemark.wal.fetch.FetchSetup;

/**
 * Starts the process that fetches WAL ahead of a recovery (docs/design/prefetch.md), after a wal-fetch that has got an
 * answer. That process belongs to nobody who waits for it: it has neither PostgreSQL's pipes nor its files.
 */
final class Prefetching {
    /** What the launcher makes of the options of restore_command, to compare them later. */
    static final String OPTIONS = "TIDEMARK_FETCH_OPTIONS";

    private static final String LAUNCHER = "TIDEMARK_LAUNCHER";
    /** Variables of this one call. */
    private static final List<String> OF_THE_CALL =
            List.of("TIDEMARK_PARENT", "TIDEMARK_CALLER", "TIDEMARK_LINE_PREFIX");

    private Prefetching() {}

    /** A prefetcher saves time and nothing else, so whatever prevents it does not matter to this call. */
    static void begin(WalCall call, FetchSetup setup, ControlFile control, WalFile file, FetchResult result) {
        if (segments(setup, control) == 0 || !isPlain(result) || !new Launcher(call).isCalledByServer()) {
            return;
        }
        Map<String, String> variables = setup.context().environment().variables();
        String launcher = variables.get(LAUNCHER);
        Optional<ServerRun> server = ServerRun.in(setup.directory());
        if (launcher == null
                || !variables.containsKey(OPTIONS)
                || server.isEmpty()
                || !server.get().recovers(setup.directory())) {
            return;
        }
        try (PrefetchDirectory directory = directory(setup, server.get())) {
            directory.make();
            if (directory.hasRoomFor(2L * control.walSegmentSize().bytes()) && !directory.isTaken()) {
                boolean delivered = result instanceof FetchResult.Restored && file instanceof WalFile.Segment;
                start(launcher, setup, delivered ? file.name() : "-", directory);
            }
        } catch (IOException | RuntimeException e) {
            // Without it the next call does what this one did.
        }
    }

    /** Whether there was nothing to tell: else Java has to tell it with each file, and a prefetcher is of no use. */
    private static boolean isPlain(FetchResult result) {
        return result instanceof FetchResult.Absent
                || (result instanceof FetchResult.Restored restored
                        && restored.passedOver().isEmpty());
    }

    /** How many segments may be fetched ahead. */
    static int segments(FetchSetup setup, ControlFile control) {
        long bytes = setup.context().configuration().host().prefetchBytes();
        return (int) Math.min(
                PrefetchCommand.MAX_SEGMENTS, bytes / control.walSegmentSize().bytes());
    }

    /** The launcher looks into some directories without a configuration; a spool elsewhere is named in one of them. */
    static PrefetchDirectory directory(FetchSetup setup, ServerRun server) {
        Path spool = setup.context().spool();
        return PrefetchDirectory.of(
                SpoolDirectory.knownToLauncher(
                        spool, Optional.of(setup.directory()), setup.context().environment()),
                spool,
                server);
    }

    private static void start(String launcher, FetchSetup setup, String delivered, PrefetchDirectory directory)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher, "wal-prefetch", delivered, "-"));
        command.addAll(setup.context().arguments().options());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(setup.directory().toFile())
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(setup.context().environment().variables());
        builder.environment().keySet().removeAll(OF_THE_CALL);
        Process process = builder.start();
        Optional<RunningProcess> started = RunningProcess.of(Long.toString(process.pid()));
        if (started.isPresent()) {
            directory.announce(started.get());
        }
    }

    /** Whether the environment is that of a prefetcher, which the launcher has started for this class. */
    static Optional<String> options(Environment environment) {
        return Optional.ofNullable(environment.variables().get(OPTIONS));
    }
}
