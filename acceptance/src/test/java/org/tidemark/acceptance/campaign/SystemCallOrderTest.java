// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.campaign.SystemCall.Kind;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;

/**
 * What a power cut leaves depends on the order of system calls of the whole process, so that order is read from the
 * kernel: content before its name, names before whatever relies on them, all of it before success is told.
 */
class SystemCallOrderTest {
    /** Any status but this one is a failure to the launcher, whatever made Java end. */
    private static final String JAVA_IS_DONE = "65";

    @TempDir
    private Path temporary;

    private Path directory = Path.of("/nowhere");
    private Path root = Path.of("/nowhere");
    private Optional<ArchivingServer> running = Optional.empty();

    @BeforeEach
    void start() throws Exception {
        SystemCallTrace.assumePossible();
        directory = temporary.toRealPath();
        root = directory.resolve("repository");
        ArchivingServer server =
                new ArchivingServer(PostgresBinaries.embedded(17), Files.createDirectory(directory.resolve("work")));
        running = Optional.of(server);
        server.source().register(store(true));
    }

    @AfterEach
    void stop() {
        running.ifPresent(ArchivingServer::close);
    }

    @Test
    void walPushEndsWithZeroWhenTheSegmentAndItsNameAreDurable() throws Exception {
        String segment = server().server().archiveCurrentSegment(Duration.ofMinutes(1));

        SystemCallTrace trace = launched("wal-push", "pg_wal/" + segment);

        Path object = only(segment);
        durablyNamed(trace, object);
        assertNamesDurable(trace, object, exit(trace));
    }

    @Test
    void walPushEndsWithZeroWhenWhatALateRepositoryMissedIsDurableInTheSpool() throws Exception {
        String segment = server().server().archiveCurrentSegment(Duration.ofMinutes(1));
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        Path late = directory.resolve("late");
        provider.createRoot(late.toUri(), Map.of());
        server().source().register(provider.open(late.toUri(), Map.of()));
        Path config = directory.resolve("tidemark.toml");
        Files.writeString(config, """
                [host]
                spool = '%1$s/spool'
                [repository.local]
                url = 'file://%1$s/repository'
                [repository.late]
                url = 'file://%1$s/late'
                [cluster.main]
                acknowledge = 1
                repositories = ['local', 'late']
                """.formatted(directory));
        Path wal = server().source().data().resolve("pg_wal").resolve(segment);
        Map<String, String> environment = Map.of("TIDEMARK_CONFIG", config.toString());
        asPostgres(environment, List.of("wal-push", wal.toString(), "--cluster", "main"));
        // From now on this host knows which one is late.
        Files.move(late, directory.resolve("away"));
        String next = server().server().archiveCurrentSegment(Duration.ofMinutes(1));

        SystemCallTrace trace = asPostgres(environment, List.of("wal-push", "pg_wal/" + next, "--cluster", "main"));

        Path kept = filesBelow(directory.resolve("spool/v1/pending")).getFirst();
        assertThat(kept.toString()).contains(next + ".");
        assertThat(kept).as("its name says all").isEmptyFile();
        assertThat(trace.sync(kept, -1, exit(trace))).as("sync of " + kept).isPresent();
        for (Path each = kept; !each.equals(directory); each = directoryOf(each)) {
            int named = trace.lastNaming(each).map(SystemCall::end).orElse(-1);
            assertThat(trace.sync(directoryOf(each), named, exit(trace)))
                    .as("sync of the name of " + each)
                    .isPresent();
        }
        Path object = only(next);
        durablyNamed(trace, object);
        assertNamesDurable(trace, object, exit(trace));
    }

    @Test
    void walFetchEndsWithZeroWhenTheSegmentAndItsNameAreDurable() throws Exception {
        String segment = server().server().archiveCurrentSegment(Duration.ofMinutes(1));
        server().source().push(store(false));
        server().server().stopFast();
        Path target = server().source().data().resolve("pg_wal/RECOVERYXLOG");

        SystemCallTrace trace = launched("wal-fetch", segment, "pg_wal/RECOVERYXLOG");

        SystemCall named = durablyNamed(trace, target);
        assertThat(trace.sync(directoryOf(target), named.end(), exit(trace))).isPresent();
        assertThat(target).hasSameBinaryContentAs(server().source().archive().resolve(segment));
    }

    @Test
    void aBackupAppearsWhenAllOfItIsDurableAndIsToldWhenItsNameIs() throws Exception {
        ClusterSource source = server().source();
        SystemCallTrace trace = traced(
                "backup",
                source.conninfo(),
                source.data().toString(),
                source.archive().toString(),
                source.work().toString());

        Path document = only("backup.json");
        SystemCall published = durablyNamed(trace, document);
        assertNamesDurable(trace, document, told(trace));
        List<Path> objects = filesBelow(root.resolve("main")).stream()
                .filter(file -> !file.equals(document) && !file.endsWith("cluster.json"))
                .toList();
        assertThat(objects).hasSizeGreaterThanOrEqualTo(6);
        for (Path object : objects) {
            durablyNamed(trace, object);
            assertNamesDurable(trace, object, published.begin());
        }
    }

    @Test
    void aRecoveredDirectoryGetsItsControlFileWhenAllElseIsDurable() throws Exception {
        ClusterSource source = server().source();
        source.backup(store(false), store(false));
        Path target = directory.resolve("target");
        new RecoveredDirectory(target).empty();

        SystemCallTrace trace = traced("recover", source.system().toString(), target.toString());

        Path control = target.resolve(ControlFile.PATH);
        SystemCall armed = durablyNamed(trace, control);
        assertThat(trace.sync(directoryOf(control), armed.end(), told(trace))).isPresent();
        assertThat(trace.namings(target)).last().isEqualTo(armed);
        for (Path file : filesBelow(target)) {
            if (!file.equals(control)) {
                assertContentDurable(trace, file, armed.begin());
            }
        }
        for (SystemCall named : trace.namings(target)) {
            if (named.begin() < armed.begin() && Files.exists(named.path(), LinkOption.NOFOLLOW_LINKS)) {
                assertThat(trace.sync(directoryOf(named.path()), named.end(), armed.begin()))
                        .as("sync of the directory of " + named)
                        .isPresent();
            }
        }
    }

    private ArchivingServer server() {
        return running.orElseThrow();
    }

    private ObjectStore store(boolean create) throws IOException {
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        if (create) {
            provider.createRoot(root.toUri(), Map.of());
        }
        return provider.open(root.toUri(), Map.of());
    }

    /** Runs the launcher as PostgreSQL would. */
    private SystemCallTrace launched(String... arguments) throws Exception {
        List<String> command = Stream.of(
                        Stream.of(arguments),
                        Stream.of(
                                "--cluster",
                                "main",
                                "--repository",
                                root.toUri().toString()))
                .flatMap(each -> each)
                .toList();
        Map<String, String> environment =
                Map.of("TIDEMARK_HOST_SPOOL", directory.resolve("spool").toString());
        return asPostgres(environment, command);
    }

    private SystemCallTrace asPostgres(Map<String, String> environment, List<String> arguments) throws Exception {
        OperatingUser postgres = OperatingUser.current();
        postgres.own(directory);
        List<String> command = Stream.concat(
                        Stream.of(InstalledTidemark.launcher().toString()), arguments.stream())
                .toList();
        return SystemCallTrace.of(server().source().data(), directory, environment, postgres.command(command));
    }

    private SystemCallTrace traced(String what, String... arguments) throws Exception {
        List<String> command = Stream.concat(
                        Stream.of(
                                what,
                                directory.resolve("told").toString(),
                                root.toUri().toString()),
                        Stream.of(arguments))
                .toList();
        return SystemCallTrace.of(directory, directory, Map.of(), TracedWork.command(command.toArray(String[]::new)));
    }

    private int told(SystemCallTrace trace) {
        return naming(trace, directory.resolve("told")).begin();
    }

    /** Where Java says "done" to the launcher, which then ends with 0. */
    private static int exit(SystemCallTrace trace) {
        List<SystemCall> exits =
                trace.calls().stream().filter(call -> call.kind() == Kind.EXIT).toList();
        assertThat(exits).extracting(call -> call.path().toString()).endsWith(JAVA_IS_DONE, "0");
        return exits.get(exits.size() - 2).begin();
    }

    private static SystemCall naming(SystemCallTrace trace, Path file) {
        return trace.lastNaming(file).orElseThrow(() -> new AssertionError("'" + file + "' was never named"));
    }

    /** Its content was durable before it got its name. */
    private static SystemCall durablyNamed(SystemCallTrace trace, Path file) {
        SystemCall named = naming(trace, file);
        assertThat(named.from()).as("the name before that of " + file).isNotEqualTo(file);
        assertThat(trace.sync(named.from(), trace.lastWrite(named.from(), named.begin()), named.begin()))
                .as("sync of the content of " + file)
                .isPresent();
        assertThat(trace.lastWrite(file, Integer.MAX_VALUE))
                .as("writes to " + file)
                .isEqualTo(-1);
        return named;
    }

    /** Its content was durable before a line of the trace, under its own name or an earlier one. */
    private static void assertContentDurable(SystemCallTrace trace, Path file, int before) {
        Path written = naming(trace, file).from();
        assertThat(trace.sync(written, trace.lastWrite(written, Integer.MAX_VALUE), before))
                .as("sync of the content of " + file)
                .isPresent();
    }

    /**
     * From its directory up to the root of the repository, every name on the way was durable before a line: that of a
     * directory that was there before as well, since who made it may have died before it was.
     */
    private void assertNamesDurable(SystemCallTrace trace, Path file, int before) {
        for (Path each = file; !each.equals(root); each = directoryOf(each)) {
            int named = trace.lastNaming(each).map(SystemCall::end).orElse(-1);
            assertThat(trace.sync(directoryOf(each), named, before))
                    .as("sync of the name of " + each)
                    .isPresent();
        }
    }

    private Path only(String name) throws IOException {
        List<Path> found =
                filesBelow(root).stream().filter(file -> file.endsWith(name)).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static List<Path> filesBelow(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static Path directoryOf(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file.toString());
        }
        return parent;
    }
}
