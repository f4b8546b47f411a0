// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.tidemark.acceptance.ResidentCommands.End;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.Starts;
import org.tidemark.testkit.TemporaryTree;

/**
 * A host with Tidemark installed and configured, run by the operating user with hardly an environment. It keeps all
 * that the commands printed, and compares the rest of the host around each restore ({@link RestoreFootprint}). Not
 * thread-safe.
 */
public final class TidemarkHost implements AutoCloseable {
    private static final int LIMIT_SECONDS = 300;
    private static final int USAGE = 2;
    private static final int INTERNAL = 70;
    private static final String JAVA_OPTIONS = "TIDEMARK_JAVA_OPTIONS";
    /** What a story has made wrong, and not the line: a copy of a repository has its id; one that was away is back. */
    private static final List<String> WRONG = List.of(
            "the configuration has a problem", "are the same repository", "is the one that this host remembers");

    /**
     * On one processor or on two: threads that wait for each other may stand still on one of the two alone. These
     * commands end within seconds: for that long C2 takes a third of their time.
     */
    static final Map<String, String> VARIABLES = Map.of(
            "PATH",
            "/usr/local/bin:/usr/bin:/bin",
            JAVA_OPTIONS,
            options(Rounds.random().nextInt(1, 3)));

    /** The commands that have been processes in this run of the tests. */
    private static final Set<String> STARTED = ConcurrentHashMap.newKeySet();

    private final Path launcher;
    private final Optional<Set<String>> started;
    private final List<Path> busy = new ArrayList<>();
    private final Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-host");
    private final StringBuilder printed = new StringBuilder();
    private OptionalInt processors = OptionalInt.empty();
    private Optional<Path> programs = Optional.empty();

    public TidemarkHost() {
        this(InstalledTidemark.launcher(), Optional.of(STARTED));
    }

    private TidemarkHost(Path launcher, Optional<Set<String>> started) {
        this.launcher = launcher;
        this.started = started;
    }

    /** A host where each command is a process that the launcher starts; otherwise {@link ResidentJvm} runs most. */
    public static TidemarkHost ofProcesses() {
        return new TidemarkHost(InstalledTidemark.launcher(), Optional.empty());
    }

    /** A host whose program was built by another checkout; each command is a process. */
    public static TidemarkHost ofCheckout(Path checkout) {
        return new TidemarkHost(InstalledTidemark.install(checkout).resolve("bin/tidemark"), Optional.empty());
    }

    /** A host where the first call of each command is a process. */
    public static TidemarkHost ofFirstProcesses() {
        return new TidemarkHost(InstalledTidemark.launcher(), Optional.of(ConcurrentHashMap.newKeySet()));
    }

    /** Commands that are processes have so many processors from now on. */
    public void onProcessors(int count) {
        processors = OptionalInt.of(count);
    }

    /** {@link #start} gives commands a PATH that begins with this directory from now on. */
    public void findsProgramsIn(Path programsDirectory) {
        programs = Optional.of(programsDirectory);
    }

    private static String options(int processors) {
        return "-XX:TieredStopAtLevel=1 -XX:ActiveProcessorCount=" + processors;
    }

    public Path directory() {
        return directory;
    }

    public Path config() {
        return directory.resolve("tidemark.toml");
    }

    /** How a command ended. */
    public record Outcome(int status, String data, String talk) {}

    public void configure(String toml) throws IOException {
        Files.writeString(config(), "[host]\nspool = '" + directory.resolve("spool") + "'\n" + toml);
        Files.setPosixFilePermissions(config(), PosixFilePermissions.fromString("rw-------"));
        OperatingUser.current().own(directory);
    }

    /** One cluster, 'main', and one repository, 'local', in a directory of this host. */
    public void configure(String conninfo, Path dataDirectory) throws IOException {
        configure("[repository.local]\nurl = '"
                + directory.resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '" + conninfo
                + "'\ndata-directory = '" + dataDirectory + "'\n");
    }

    /** The launcher that PostgreSQL is to call: the same one on a host where each command is a process. */
    private Path walLauncher() {
        return started.isEmpty() ? launcher : InstalledTidemark.walLauncher();
    }

    public String archiveCommand() {
        return walLauncher() + " wal-push %p --cluster main --config " + config();
    }

    /** A server of a version of this run, with small segments, that will archive to this host; it is not started. */
    public PostgresServer newServer() {
        return PostgresServer.of(PostgresBinaries.oneOfThisRun().getFirst())
                .initdb("--wal-segsize=1")
                .archiving(archiveCommand())
                .create();
    }

    /** Demands success. */
    public Outcome must(String... arguments) {
        Outcome outcome = run(arguments);
        if (outcome.status() != 0) {
            throw new AssertionError(String.join(" ", arguments) + " ended with " + outcome.status() + ":\n"
                    + outcome.data() + outcome.talk());
        }
        return outcome;
    }

    /** Waits for its end. */
    public Outcome run(String... arguments) {
        if (started.isEmpty() || !ResidentJvm.takes(arguments[0], started.get())) {
            return start(arguments).await();
        }
        Optional<RestoreFootprint> footprint = footprint(arguments);
        return kept(
                String.join(" ", arguments), ResidentJvm.run(directory, words(arguments), LIMIT_SECONDS), footprint);
    }

    /** The same in a JVM that stays, with outputs that end elsewhere; what is lost is empty. */
    public Outcome runInto(End data, End talk, String... arguments) {
        return ResidentJvm.run(directory, words(arguments), data, talk, LIMIT_SECONDS);
    }

    private List<String> words(String... arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        if (arguments[0].equals("check") && !words.contains("--timeout") && !words.contains("--nagios")) {
            words.addAll(List.of("--timeout", "5m")); // whether it is in time on a loaded machine is no story
        }
        words.addAll(List.of("--config", config().toString()));
        return words;
    }

    /** A service changes what is there also while something is restored: backups, expiries. */
    public void isBusy(Path place) {
        busy.add(place);
    }

    private Optional<RestoreFootprint> footprint(String... arguments) {
        try {
            return RestoreFootprint.before(directory, busy, arguments);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Outcome kept(String command, Outcome outcome, Optional<RestoreFootprint> footprint) {
        if (footprint.isPresent()) {
            try {
                footprint.get().compare();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        List<String> wrong = CopiedCommands.problems(command, outcome.data() + outcome.talk());
        if (!wrong.isEmpty()) {
            throw new AssertionError("'" + command + "' printed commands that cannot be copied: " + wrong);
        }
        printed.append(outcome.data()).append(outcome.talk());
        if (outcome.status() != USAGE) {
            tryCopies(command, outcome.data() + outcome.talk());
        }
        return outcome;
    }

    /** A line that was printed may be refused by what it finds, but not for how it is written. */
    private void tryCopies(String command, String text) {
        for (List<String> line : CopiedCommands.toTry(command, text)) {
            Outcome copied = ResidentJvm.run(directory, line, LIMIT_SECONDS);
            boolean isAsked = copied.status() == USAGE && WRONG.stream().anyMatch(copied.talk()::contains);
            if (!isAsked && (copied.status() == USAGE || copied.status() == INTERNAL)) {
                throw new AssertionError("'" + command + "' printed a command that ends with " + copied.status() + ": "
                        + String.join(" ", line) + "\n" + copied.data() + copied.talk() + "it stood in:\n" + text);
            }
        }
    }

    /** Starts a command as a process, which then runs. */
    public Running start(String... arguments) {
        List<String> command = new ArrayList<>();
        // A shell or nohup may have told this process, and so its children, to ignore these.
        command.addAll(List.of("env", "--default-signal=INT", "--default-signal=HUP"));
        command.add(launcher.toString());
        command.addAll(words(arguments));
        try {
            Path data = Files.createTempFile("tidemark", ".data");
            Path talk = Files.createTempFile("tidemark", ".talk");
            ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                    .directory(directory.toFile())
                    .redirectOutput(data.toFile())
                    .redirectError(talk.toFile());
            builder.environment().clear();
            builder.environment().putAll(VARIABLES);
            builder.environment().put("HOME", directory.toString());
            processors.ifPresent(count -> builder.environment().put(JAVA_OPTIONS, options(count)));
            programs.ifPresent(first -> builder.environment().compute("PATH", (_, others) -> first + ":" + others));
            Starts.count("commands");
            Optional<RestoreFootprint> footprint = footprint(arguments);
            return new Running(String.join(" ", arguments), builder.start(), data, talk, footprint);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command that runs. Not thread-safe. */
    public final class Running {
        private final String command;
        private final Process process;
        private final Path data;
        private final Path talk;
        private final Optional<RestoreFootprint> footprint;

        private Running(String command, Process process, Path data, Path talk, Optional<RestoreFootprint> footprint) {
            this.command = command;
            this.process = process;
            this.data = data;
            this.talk = talk;
            this.footprint = footprint;
        }

        public boolean isRunning() {
            return process.isAlive();
        }

        /** What it has printed to stderr by now. */
        public String talk() throws IOException {
            return Files.readString(talk, StandardCharsets.UTF_8);
        }

        /** Sends a signal to the program, such as {@code INT}. */
        public void signal(String name) {
            try {
                new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                        .inheritIO()
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while a signal was sent", e);
            }
        }

        /**
         * Kills the launcher and all that it has started, as kill -9 of their group does: a server that pg_ctl has just
         * started has a session of its own.
         */
        public void kill() {
            String session = session(process.toHandle());
            List<ProcessHandle> started = process.descendants()
                    .filter(each -> session(each).equals(session))
                    .toList();
            process.destroyForcibly();
            started.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle each : started) {
                each.onExit().join();
            }
            await();
        }

        /** The sixth field of /proc/PID/stat; empty if the process has ended. */
        private static String session(ProcessHandle process) {
            try {
                String stat =
                        Files.readString(Path.of("/proc/" + process.pid() + "/stat"), StandardCharsets.ISO_8859_1);
                return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3];
            } catch (IOException e) {
                return "";
            }
        }

        public Outcome await() {
            try {
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError(command + " did not end in " + LIMIT_SECONDS + " s");
                }
                Outcome outcome = new Outcome(
                        process.exitValue(),
                        Files.readString(data, StandardCharsets.UTF_8),
                        Files.readString(talk, StandardCharsets.UTF_8));
                Files.delete(data);
                Files.delete(talk);
                return kept(command, outcome, footprint);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while " + command + " ran", e);
            }
        }
    }

    /** Everything that every command printed. */
    public String printed() {
        return printed.toString();
    }

    @Override
    public void close() {
        TemporaryTree.delete(directory);
    }
}
