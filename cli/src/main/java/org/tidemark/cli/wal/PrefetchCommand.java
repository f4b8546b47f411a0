// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest.Patience;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.archiver.prefetch.PrefetchDirectory;
import org.tidemark.archiver.prefetch.Prefetcher;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.FileStamp;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ServerRun;
import org.tidemark.wal.call.WalArguments;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.fetch.FetchSetup;

/** Fetches WAL ahead of the recovery in the working directory; started by wal-fetch, and no command for people. */
record PrefetchCommand(WalArguments arguments, WalCall call) {
    /** Names in the directory, and files to look at with each turn. */
    static final int MAX_SEGMENTS = 64;

    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final int MAX_THREADS = 4;
    private static final Duration DECISIONS = Duration.ofSeconds(10);

    int run() throws IOException, InterruptedException {
        WalContext context =
                WalContext.of(arguments, call.environment(), call.environment().workingDirectory(), Clock.systemUTC());
        FetchSetup setup = FetchSetup.of(context, System.err);
        Optional<WalLog> _ = FetchCommand.log(setup);
        ServerRun server = ServerRun.in(setup.directory()).orElseThrow(PrefetchCommand::notForPeople);
        String options = Prefetching.options(call.environment()).orElseThrow(PrefetchCommand::notForPeople);
        CountDownLatch ended = new CountDownLatch(1);
        endWith(server, setup.directory());
        endWhenSignalled(Thread.currentThread(), ended);
        lookForDecisions(setup);
        ControlFile control = context.control();
        List<Path> files = ConfigurationFiles.candidates(call.environment(), arguments.configuration());
        Optional<List<FileStamp>> stamps = ConfigurationFiles.stamps(files);
        Prefetcher.Limits limits = new Prefetcher.Limits(
                Prefetching.segments(setup, control),
                Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_THREADS),
                IDLE);
        try (PrefetchDirectory directory = Prefetching.directory(setup, server)) {
            directory.make();
            new Prefetcher(
                            directory,
                            new Prefetcher.Server(
                                    setup.directory(),
                                    server,
                                    options,
                                    () -> stamps.isPresent()
                                            && !setup.isDecidedSince()
                                            && ConfigurationFiles.stamps(files).equals(stamps)),
                            limits,
                            requests(setup, control))
                    .run(first());
        } finally {
            ended.countDown();
        }
        return 0;
    }

    private Optional<WalFile.Segment> first() {
        String delivered = arguments.files().getFirst();
        return delivered.equals("-")
                ? Optional.empty()
                : Optional.of(WalFile.parse(delivered))
                        .filter(WalFile.Segment.class::isInstance)
                        .map(WalFile.Segment.class::cast);
    }

    private static Prefetcher.Requests requests(FetchSetup setup, ControlFile atStart) {
        return new Prefetcher.Requests() {
            @Override
            public WalSegmentSize segmentSize() {
                return atStart.walSegmentSize();
            }

            @Override
            public WalFetcher fetcher(WalFile file) {
                List<WalSource> sources =
                        setup.sources(atStart.system(), setup.alternative(file).isPresent());
                return new WalFetcher(sources);
            }

            @Override
            public FetchRequest of(WalFile file, Path target) {
                return setup.request(file, target, setup.context().control(), new Patience(Duration.ZERO), () -> {});
            }
        };
    }

    /** Ends this process with the server even if a repository hangs. */
    private static void endWith(ServerRun server, Path dataDirectory) {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (server.postmaster().isRunning()) {
                            Thread.sleep(LOOK);
                        }
                        Thread.sleep(LOOK); // the prefetcher removes its directory
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    Runtime.getRuntime().halt(0);
                },
                "server of " + dataDirectory);
        thread.setDaemon(true);
        thread.start();
    }

    /** A stop of the server signals this process as well; it removes what it has fetched. */
    private static void endWhenSignalled(Thread working, CountDownLatch ended) {
        Thread hook = new Thread(
                () -> {
                    working.interrupt();
                    try {
                        ended.await(LOOK.toSeconds(), TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "end");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** What was fetched ahead may be rejected before it is asked for. */
    private static void lookForDecisions(FetchSetup setup) {
        Thread thread = new Thread(
                () -> {
                    while (true) {
                        try {
                            Thread.sleep(DECISIONS);
                            setup.lookForDecisions();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return;
                        } catch (IOException | RuntimeException e) {
                            // A repository that does not answer now is asked again by the next look.
                        }
                    }
                },
                "decisions");
        thread.setDaemon(true);
        thread.start();
    }

    private static UserFacingException notForPeople() {
        return new UserFacingException(
                ExitCode.USAGE,
                "only wal-fetch starts 'wal-prefetch'",
                "Fetch a WAL file with: tidemark wal-fetch FILE TARGET");
    }
}
