// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/**
 * An installation of its own beside a real PostgreSQL server, which archives with it. There one JVM runs the commands
 * of an operator. All of it belongs to an ordinary user, since PostgreSQL never runs as root.
 */
final class RehearsedCommands implements AutoCloseable {
    private static final int LIMIT_MINUTES = 10;
    private static final String CACHE = "command.aot";
    private static final String CACHE_WITH_S3 = "command-s3.aot";

    private final Path ground;
    private final Path home;
    private final PostgresServer server;
    private final String cache;

    private RehearsedCommands(PostgresServer server, String cache) {
        this.cache = cache;
        this.ground = OperatingUser.current().newTemporaryDirectory("tidemark-rehearsal");
        this.home = ground.resolve("tidemark");
        this.server = server;
    }

    /**
     * A build needs no PostgreSQL: where none can be started, this says so, and makes nothing.
     *
     * @param built what the build has made, with the caches of the WAL commands; the caches are put there
     * @return whether they were made
     */
    static boolean train(Path built) throws InterruptedException {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Callable<Path>> caches = List.of(() -> make(CACHE, built), () -> make(CACHE_WITH_S3, built));
            for (Future<Path> cache : threads.invokeAll(caches)) {
                cache.get();
            }
            return true;
        } catch (ExecutionException e) {
            System.err.println("WARNING: the build could not run backup, recover and check with a server, so they will"
                    + " start more slowly: " + e.getCause());
            return false;
        }
    }

    private static Path make(String cache, Path built) throws IOException, InterruptedException {
        try (PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .archiving("") // until the command that sets it up
                        .start();
                RehearsedCommands commands = new RehearsedCommands(server, cache)) {
            commands.run(built);
            return Files.copy(commands.home.resolve(cache), built.resolve(cache), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void run(Path built) throws IOException, InterruptedException {
        TemporaryTree.copy(built, home);
        Path installed = home.resolve("bin/tidemark");
        if (cache.equals(CACHE)) {
            run(installed, repository("local"));
            return;
        }
        Path bucket = Files.createDirectory(ground.resolve("bucket"));
        try (TrainingBucket serving = TrainingBucket.of(bucket, ground, TrainingBucket.Keeping.EVERYTHING)) {
            run(installed, serving.table("local"));
        }
    }

    private void run(Path installed, String local) throws IOException, InterruptedException {
        // The bucket of the build deletes nothing.
        boolean mayDelete = cache.equals(CACHE);
        Files.writeString(
                config(),
                "[host]\nspool = '" + ground.resolve("spool") + "'\n" + local + "retention = 'REDUNDANCY 2'\n"
                        + repository("copy")
                        + "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                        + server.dataDirectory() + "'\nrepositories = ['local']\n"
                        + "[cluster.main.schedule]\nbackup = '* * * * * ?'\nexpire = '"
                        + (mayDelete ? "* * * * * ?" : "never") + "'\n");
        OperatingUser.current().own(ground);
        server.sql("CREATE TABLE t AS SELECT i, md5(i::text) AS text FROM generate_series(1, 100000) AS i");
        String to = ground.resolve("restored").toString();
        String lines =
                "--help then list-backup --help then init --repository local then init --repository copy then setup primary then version"
                        + " then backup --method stream then backup --method local --name second then check"
                        + " then list-backup then show-backup latest then list-files latest then wal-list then verify"
                        + " then wal-verify then status then keep second then keep second --release then annotate second text"
                        + " then retention" + (mayDelete ? " then expire --confirm" : " then expire")
                        + " then cron --dry-run then cron" + (mayDelete ? " then delete second --force" : "")
                        + " then sync local copy then config then recover --to " + to + " --dry-run"
                        + " then recover --to " + to;
        rehearse(installed, List.of(lines.split(" ")));
    }

    private String repository(String name) {
        return "[repository." + name + "]\nurl = '" + ground.resolve(name).toUri() + "'\n";
    }

    private Path config() {
        return ground.resolve("tidemark.toml");
    }

    /** With the options and the environment of the launcher. */
    private void rehearse(Path launcher, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                home.resolve("runtime/bin/java").toString(),
                "-XX:+UseSerialGC",
                "-Xms48m",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.library.path=" + home.resolve("native"),
                "-DZstdNativePath=" + home.resolve("native/libzstd-jni.so")));
        command.addAll(TrainCommands.intoCache(home.resolve(cache)));
        command.addAll(List.of("-cp", classPath(), "org.tidemark.cli.Rehearsal"));
        command.addAll(arguments);
        Path output = ground.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(ground.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH", "/usr/local/bin:/usr/bin:/bin",
                        "LC_ALL", "C.UTF-8",
                        "HOME", ground.toString(),
                        "XDG_STATE_HOME", ground.resolve("state").toString(),
                        "TIDEMARK_CONFIG", config().toString(),
                        "TIDEMARK_HOME", home.toString(),
                        "TIDEMARK_LAUNCHER", launcher.toString()));
        Process process = builder.start();
        if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException(
                    "the commands did not end within " + LIMIT_MINUTES + " minutes:\n" + Files.readString(output));
        }
        if (process.exitValue() != 0) {
            throw new IOException("the commands ended with " + process.exitValue() + ":\n" + Files.readString(output)
                    + "\nPostgreSQL's log:\n" + server.log());
        }
    }

    private String classPath() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("lib"))) {
            return files.map(Path::toString)
                    .filter(file -> file.endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.joining(":"));
        }
    }

    @Override
    public void close() {
        TemporaryTree.delete(ground);
    }
}
