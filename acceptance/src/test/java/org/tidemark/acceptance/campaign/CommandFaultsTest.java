// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.cli.Program;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;
import org.tidemark.core.ClusterName;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** Each operation of the store fails while a command changes what the golden repository keeps. */
@InTurn
final class CommandFaultsTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("tidemark.root", ".."), "catalog/src/test/resources/golden/repository.zip");

    private static final String OLDER = "20261120T063011Z";
    private static final String LATEST = "20261120T063011Z-2";
    private static final Instant START = Instant.parse("2027-03-01T12:00:00Z");

    @TempDir
    Path root;

    private final MovableClock clock = new MovableClock(START);

    /** The store that the next call of the program opens at {@code given:///}. */
    public static final class Given implements ObjectStoreProvider, StoreDeclaration {
        private static volatile ObjectStore store = new MemoryStore(Clock.systemUTC());

        @Override
        public String scheme() {
            return "given";
        }

        @Override
        public String provider() {
            return Given.class.getName();
        }

        @Override
        public List<StoreOption> options() {
            return List.of();
        }

        @Override
        public void requireAddress(URI address) {}

        @Override
        public ObjectStore open(URI address, Map<String, String> options) {
            return new DelegatingStore(store) {
                @Override
                public void close() {
                    // The test goes on with it.
                }
            };
        }

        @Override
        public void createRoot(URI address, Map<String, String> options) {}
    }

    /** All in a campaign; in an ordinary build one, and another with another seed. */
    static Stream<Case> cases() {
        List<Case> all = List.of(
                new Case(List.of("cron"), CommandFaultsTest::mustHaveExpiredAndVerified),
                new Case(
                        List.of("delete", "before", LATEST, "--force"),
                        (archive, now) -> assertThat(has(archive, OLDER)).isFalse()),
                new Case(
                        List.of("keep", LATEST, "--note", "audit"),
                        (archive, now) -> assertThat(archive.backups().marks().keep(new BackupId(LATEST), now))
                                .isPresent()));
        return Rounds.oneOrAll(all).stream();
    }

    private static void mustHaveExpiredAndVerified(ClusterArchive archive, Instant now) throws IOException {
        assertThat(has(archive, OLDER)).isFalse();
        ScheduledRuns runs = new ScheduledRuns(
                archive.repository().store(), archive.identity().keys());
        for (ScheduledTask task : List.of(ScheduledTask.EXPIRE, ScheduledTask.VERIFY)) {
            assertThat(runs.attempts(runs.last(task).orElseThrow()).getLast().outcome())
                    .hasValueSatisfying(outcome -> assertThat(outcome.isDone()).isTrue());
        }
    }

    /** A command, and what must hold after it reported success. */
    record Case(List<String> command, Done done) {
        @Override
        public String toString() {
            return String.join(" ", command);
        }
    }

    /** What must hold after the command reported success. */
    private interface Done {
        void check(ClusterArchive archive, Instant now) throws IOException;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noFaultLeavesALieOrStopsTheNextCall(Case each) throws Exception {
        Path services = root.resolve("classes/META-INF/services");
        Files.createDirectories(services);
        Files.writeString(services.resolve(StoreDeclaration.class.getName()), Given.class.getName());
        Files.writeString(root.resolve("tidemark.toml"), """
                [repository.given]
                url = 'given:///'
                retention = 'REDUNDANCY 1'
                [cluster.main.schedule]
                expire = '@hourly'
                verify = '@hourly'
                """);
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader withGiven =
                new URLClassLoader(new URL[] {root.resolve("classes").toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(withGiven);
            FaultLoop.Tried tried = FaultLoop.run(
                    () -> new MemoryStore(clock), new GoldenScenario(each.command(), each.done()), Rounds.of(200, 5));
            assertThat(tried.faults()).isGreaterThan(5);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private static boolean has(ClusterArchive archive, String id) throws IOException {
        return archive.repository()
                .store()
                .stat(archive.identity().keys().backup(new BackupId(id)).backup())
                .isPresent();
    }

    private final class GoldenScenario implements FaultLoop.Scenario {
        private final List<String> command;
        private final Done done;

        GoldenScenario(List<String> command, Done done) {
            this.command = command;
            this.done = done;
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            clock.set(START);
            TemporaryTree.delete(root.resolve("home"));
            try (InputStream file = Files.newInputStream(GOLDEN);
                    ZipInputStream zip = new ZipInputStream(file)) {
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    if (!entry.isDirectory()) {
                        healthy.putIfAbsent(new ObjectKey(entry.getName()), ObjectSource.of(zip.readAllBytes()));
                    }
                }
            }
        }

        /** A day later than the last call, so that nothing waits for a pause or another host. */
        @Override
        public void run(ObjectStore store) {
            clock.set(clock.instant().plus(Duration.ofDays(1)));
            Given.store = store;
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            int status;
            try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
                Environment environment = new Environment(
                        Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString()),
                        root,
                        root.resolve("home"),
                        root);
                status = new Program(new CommandContext(environment, clock, out, out, false, false))
                        .run(command.toArray(String[]::new));
            }
            if (status != 0) {
                throw new IllegalStateException(status + ": " + printed.toString(StandardCharsets.UTF_8));
            }
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
            Verifier verifier = new Verifier(
                    healthy,
                    PrivateKeys.NONE,
                    new Verifier.Options(Extent.EVERYTHING, Mark.Scope.ALL, 1),
                    clock,
                    (objects, bytes) -> {});
            assertThat(verifier.verifyRepository().problems()).isZero();
            ClusterArchive archive = Repository.open(healthy, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst();
            assertThat(has(archive, LATEST)).isTrue();
            if (failure.isEmpty()) {
                done.check(archive, clock.instant());
            }
        }
    }
}
