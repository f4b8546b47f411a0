// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.ahead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.WalProcesses;
import org.tidemark.acceptance.several.HangingStoreProvider;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** A host with servers. Each JVM that wal-push starts leaves a file. Not thread-safe. */
final class ArchivingHost implements AutoCloseable {
    private static final int SEGMENT_NAME_LENGTH = 24;
    /** A backlog for which a start of Java for each of them would be seen. */
    static final int SEGMENTS = 12;

    static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path directory = OperatingUser.current().newTemporaryDirectory("archiving");
    private final StringBuilder repositories = new StringBuilder();
    private final StringBuilder clusters = new StringBuilder();
    private final Path launcher;
    private final String scheme;

    /** Whether repositories may be slow and hang; see {@link HangingStoreProvider}. */
    enum Repositories {
        STEADY,
        UNSTEADY
    }

    ArchivingHost() throws IOException {
        this(Repositories.STEADY);
    }

    ArchivingHost(Repositories repositories) throws IOException {
        Files.createDirectory(directory.resolve("starts"));
        if (repositories == Repositories.UNSTEADY) {
            Path home = directory.resolve("tidemark");
            TemporaryTree.copy(InstalledTidemark.home(), home);
            HangingStoreProvider.writeJar(home.resolve("lib/zz-hang.jar"));
            launcher = home.resolve("bin/tidemark");
            scheme = "hang";
        } else {
            launcher = InstalledTidemark.launcher();
            scheme = "file";
        }
        OperatingUser.current().own(directory);
    }

    Path directory() {
        return directory;
    }

    /** The address of a repository. */
    String url(String name) {
        return scheme + "://" + directory.resolve(name);
    }

    Path config() {
        return directory.resolve("tidemark.toml");
    }

    Path repository() {
        return directory.resolve("repository");
    }

    Path spool() {
        return directory.resolve("spool");
    }

    /** Adds a cluster with a running server, and a repository for all. */
    void add(String cluster, PostgresServer server) throws Exception {
        clusters.append("[cluster.")
                .append(cluster)
                .append("]\nconninfo = '")
                .append(server.socketConninfo())
                .append("'\ndata-directory = '")
                .append(server.dataDirectory())
                .append("'\n");
        configure("");
        must("init", "--cluster", cluster);
        // Nothing is recycled, so that each segment can be compared at the end.
        server.sql("ALTER SYSTEM SET wal_keep_size = '5GB'", "CREATE TABLE t (i int, t text)");
    }

    /** Adds a second repository for all clusters, one of which is enough for an acknowledgement. */
    void addRepository(String name) throws Exception {
        repositories
                .append("[repository.")
                .append(name)
                .append("]\nurl = '")
                .append(url(name))
                .append("'\n");
        configure("repositories = ['local', '" + name + "']\nacknowledge = 1\n");
        must("init");
    }

    /** Writes the configuration, with more lines of the last cluster. */
    void configure(String more) throws IOException {
        Files.writeString(
                config(), "[repository.local]\nurl = '" + url("repository") + "'\n" + repositories + clusters + more);
        OperatingUser.current().own(config());
    }

    /** The archive_command of the cluster main, whose launcher runs in this shell. */
    String commandBy(String shell) {
        return command("main").replace(" " + launcher, " " + shell + " " + launcher);
    }

    /** The archive_command of a cluster. */
    String command(String cluster) {
        return "TIDEMARK_JAVA_OPTIONS=\"-XX:TieredStopAtLevel=1 -Xlog:safepoint:file=" + directory.resolve("starts")
                + "/jvm-%%p.log\" TIDEMARK_HOST_SPOOL=" + spool() + " "
                + launcher + " wal-push %p --cluster " + cluster + " --config " + config();
    }

    void archiveBy(PostgresServer server, String command) {
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + command + "'",
                "SELECT pg_reload_conf()",
                "INSERT INTO t VALUES (0, 'wake')",
                "SELECT pg_switch_wal()");
    }

    /** How many JVMs wal-push has started. */
    int starts() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("starts"))) {
            return (int) files.count();
        }
    }

    /** So many segments, each with some WAL. */
    static void fill(PostgresServer server, int segments) {
        for (int i = 0; i < segments; i++) {
            server.sql(
                    "INSERT INTO t SELECT i, repeat(md5(random()::text), 40) FROM generate_series(1, 100) i",
                    "SELECT pg_switch_wal()");
        }
    }

    /** The files with such a mark. */
    static List<String> marks(PostgresServer server, String ending) throws IOException {
        try (Stream<Path> files = Files.list(server.dataDirectory().resolve("pg_wal/archive_status"))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(ending))
                    .map(name -> name.substring(0, name.length() - ending.length()))
                    .sorted()
                    .toList();
        }
    }

    static void awaitDrained(PostgresServer server) {
        await().atMost(LIMIT).until(() -> marks(server, ".ready").isEmpty());
    }

    /**
     * Everything that PostgreSQL takes for archived is in the repository, with the bytes that it has in pg_wal. In a
     * build only some of it is fetched.
     */
    void compare(String cluster, PostgresServer server) throws Exception {
        List<String> segments = new ArrayList<>(marks(server, ".done"));
        segments.removeIf(name -> name.length() != SEGMENT_NAME_LENGTH);
        Collections.shuffle(segments, Rounds.random());
        int fetches = Math.min(segments.size(), Rounds.of(3, Integer.MAX_VALUE));
        for (String file : segments.subList(0, fetches)) {
            Path fetched = directory.resolve("fetched");
            must("wal-fetch", file, fetched.toString(), "--cluster", cluster);
            assertThat(fetched)
                    .as(file)
                    .hasSameBinaryContentAs(
                            server.dataDirectory().resolve("pg_wal").resolve(file));
            Files.delete(fetched);
        }
        must("wal-verify", "--cluster", cluster);
    }

    private List<String> tidemark(String... arguments) {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", config().toString()));
        return command;
    }

    /** With the environment of all that runs here. */
    private ProcessBuilder process(List<String> command, Path output) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
        builder.environment().put("TIDEMARK_HOST_SPOOL", spool().toString());
        return builder;
    }

    void must(String... arguments) throws Exception {
        Outcome outcome = run(arguments);
        assertThat(outcome.status()).as(outcome.output()).isZero();
    }

    /** What a command printed, and its status. */
    record Outcome(int status, String output) {}

    Outcome run(String... arguments) throws Exception {
        Path output = directory.resolve("output");
        int status = process(OperatingUser.current().command(tidemark(arguments)), output)
                .start()
                .waitFor();
        return new Outcome(status, Files.readString(output));
    }

    /** Archives a backlog by this command, so that its process stays. */
    void drain(PostgresServer server, String command) throws Exception {
        archiveBy(server, "false");
        fill(server, SEGMENTS);
        // A configuration that was written a moment ago could change again without a difference in its time.
        Thread.sleep(Duration.ofSeconds(3));
        archiveBy(server, command);
        awaitDrained(server);
    }

    /** The same; the process that stays. */
    ProcessHandle drained(PostgresServer server, String command) throws Exception {
        drain(server, command);
        await().atMost(LIMIT).until(() -> staying(server).size() == 1);
        return staying(server).getFirst();
    }

    /** The processes that archive ahead, or are going to. */
    static List<ProcessHandle> staying(PostgresServer server) throws IOException {
        return WalProcesses.of(server, WalProcesses.JAVA);
    }

    /** What a process needs of the machine's memory, in MiB. */
    static long mib(ProcessHandle process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }

    @Override
    public void close() {
        TemporaryTree.delete(directory);
    }
}
