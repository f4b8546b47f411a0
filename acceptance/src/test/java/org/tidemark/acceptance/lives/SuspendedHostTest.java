// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.WalFile;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.service.cron.CallingProgram;
import org.tidemark.service.cron.CronRun;
import org.tidemark.service.cron.LackingBackup;
import org.tidemark.service.cron.Task;
import org.tidemark.session.Session;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A host falls asleep during a task, and wakes up when another has done it. */
@InTurn
final class SuspendedHostTest {
    private static final Duration SLEEP = Duration.ofMinutes(20);
    private static final CallingProgram NO_DRILLS = new CallingProgram("test", (_, _) -> {
        throw new AssertionError("no drill is scheduled");
    });

    private static final PrintStream NOWHERE =
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

    private final CountDownLatch asleep = new CountDownLatch(1);
    private final CountDownLatch awake = new CountDownLatch(1);

    private static String toml(Path repository, PostgresServer server) {
        int hour = OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour();
        return """
                [repository.near]
                url = '%s'
                retention = 'REDUNDANCY 1'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                [cluster.main.schedule]
                backup = '0 %d * * *'
                expire = 'never'
                verify = 'never'
                """.formatted(repository.toUri(), server.conninfo(), server.dataDirectory(), hour);
    }

    @Test
    void aHostThatSleptDuringABackupPublishesNone() throws Exception {
        try (TidemarkHost sleeper = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(sleeper.archiveCommand())
                        .start();
                ExecutorService thread = Executors.newSingleThreadExecutor();
                AutoCloseable _ = awake::countDown) {
            Path repository = sleeper.directory().resolve("near");
            sleeper.configure(toml(repository, server));
            other.configure(toml(repository, server));
            sleeper.must("init");
            MovableClock clock = new MovableClock(Instant.now());
            Future<CronRun.Result> run = thread.submit(() -> cron(sleeper, clock));
            assertThat(asleep.await(2, TimeUnit.MINUTES)).isTrue();
            OperatingUser.current().own(repository); // the task runs in this process, which may be root's
            assertThat(other.must("cron").talk()).as("while its signs are new").isEmpty();

            clock.set(Instant.now().plus(SLEEP));
            age(repository);
            String told = other.must("cron").talk();
            awake.countDown();
            CronRun.Result result = run.get(2, TimeUnit.MINUTES);
            OperatingUser.current().own(repository);

            assertThat(told).contains("is complete in 'near'");
            assertThat(result.tasks())
                    .filteredOn(each -> each.failure().isPresent())
                    .singleElement()
                    .satisfies(each -> assertThat(each.failure().orElseThrow())
                            .hasMessageContaining("has taken over the backup")
                            .hasMessageContaining("no sign of life"));
            assertThat(files(repository).filter(each -> each.endsWith("backup.json")))
                    .hasSize(1);
            assertThat(other.must("cron", "--dry-run").data()).containsPattern("main +backup +all .* done for ");
            other.must("verify", "--all");
        }
    }

    private CronRun.Result cron(TidemarkHost host, Clock clock) throws IOException {
        Environment environment = new Environment(Map.of(), host.directory(), host.directory(), host.directory());
        Session.Choice choice =
                new Session.Choice(Optional.of(host.config()), List.of(), Optional.empty(), List.of(), List.of());
        try (Session session = Session.open(environment, clock, choice, NOWHERE)) {
            return new CronRun(session, clock, NO_DRILLS, CronRun.Mode.RUN, new Sleeper()).run(clock.instant());
        }
    }

    /** What was stored about the attempt is as old as its host slept. */
    private static void age(Path repository) throws IOException {
        FileTime old = FileTime.from(Instant.now().minus(SLEEP));
        for (Path each : files(repository)
                .filter(file -> file.toString().contains("/run/backup/"))
                .toList()) {
            Files.setLastModifiedTime(each, old);
        }
    }

    private static Stream<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).toList().stream();
        }
    }

    /** Stands still before the backup is published. */
    private final class Sleeper implements CronRun.Observer, BackupRun.Observer {
        @Override
        public BackupRun.Observer backup() {
            return this;
        }

        @Override
        public DrillRun.Observer drill() {
            throw new AssertionError("no drill is scheduled");
        }

        @Override
        public BackupRun.Observer.Taking taking(List<String> repositories) {
            return new BackupRun.Observer.Taking() {
                @Override
                public void phase(BackupId id, Phase phase) {
                    if (phase == Phase.FINISHING) {
                        asleep.countDown();
                        try {
                            awake.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                }

                @Override
                public void source(SourceMethod used, String reason) {}

                @Override
                public void progress(long bytesRead, long bytesExpected, long bytesStored) {}

                @Override
                public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {}

                @Override
                public void warning(String message) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public ObjectProgress copying(String title) {
            return progress(title);
        }

        @Override
        public void tell(Finding finding) {}

        @Override
        public ObjectProgress progress(String repository) {
            return new ObjectProgress() {
                @Override
                public void done(long objects, long bytes) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public void did(Task.Report report) {}

        @Override
        public void ended(String task, Optional<String> repository, Duration took, ExitCode status) {}

        @Override
        public void cutOff(String task, Optional<String> repository, Instant begun, Optional<String> host) {}

        @Override
        public void lacking(LackingBackup lacking) {}

        @Override
        public void failed(CronRun.TaskReport report) {}
    }
}
