// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import org.tidemark.acceptance.ResidentCommands.End;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.Starts;

/**
 * A JVM of the operating user that stays and runs command after command with the libraries of the installation. A
 * command that is a process of its own spends nearly all of its time on the start of Java, and a story has dozens of
 * them. In each build the first call of every command is a process anyway, started by the launcher; in a campaign all
 * of them are. Not thread-safe; {@link #run} lets callers that meet have a JVM each.
 */
final class ResidentJvm {
    /** What the launcher gives to another program than the other commands, or what is to outlive its caller. */
    private static final Set<String> OTHER_PROGRAMS =
            Set.of("wal-push", "wal-fetch", "wal-prefetch", "wal-cleanup", "serve", "demo");

    private static final boolean CAMPAIGN = Rounds.of(0, 1) == 1;
    private static final Deque<ResidentJvm> IDLE = new ConcurrentLinkedDeque<>();
    private static final Path JAR = jar();

    private final Process process;
    private final DataOutputStream commands;
    private final DataInputStream outcomes;
    private final Path log;

    /**
     * The command that starts a JVM with the libraries of the installation.
     *
     * @param program one of those that stay
     * @param options for Java, after all others
     */
    static List<String> command(Class<?> program, List<String> options) throws IOException {
        Path home = InstalledTidemark.home();
        Path java = home.resolve("runtime/bin/java");
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                "-XX:+UseSerialGC",
                "-Xms48m",
                "-Xmx352m",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.library.path=" + home.resolve("native"),
                "-DZstdNativePath=" + home.resolve("native/libzstd-jni.so")));
        if (hasClassCache(home)) {
            command.addAll(List.of("-XX:AOTCache=" + home.resolve("command.aot"), "-Xlog:disable"));
        }
        String libraries =
                InstalledTidemark.jars(home).stream().map(Path::toString).collect(Collectors.joining(":"));
        command.addAll(options);
        command.addAll(List.of("-cp", libraries + ":" + JAR, program.getName()));
        return command;
    }

    private ResidentJvm() throws IOException {
        Path home = InstalledTidemark.home();
        log = Files.createTempFile("tidemark-commands", ".log");
        log.toFile().deleteOnExit();
        ProcessBuilder builder = new ProcessBuilder(
                        OperatingUser.current().command(command(ResidentCommands.class, List.of())))
                .directory(home.toFile())
                .redirectError(log.toFile());
        builder.environment().clear();
        builder.environment().putAll(TidemarkHost.VARIABLES);
        builder.environment()
                .putAll(Map.of(
                        "LC_ALL",
                        "C.UTF-8",
                        "HOME",
                        home.toString(),
                        "TIDEMARK_HOME",
                        home.toString(),
                        "TIDEMARK_LAUNCHER",
                        InstalledTidemark.walLauncher().toString())); // which recover writes
        process = builder.start();
        Starts.count("JVMs for several commands");
        commands = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        outcomes = new DataInputStream(process.getInputStream());
    }

    /** Whether there is a cache of classes of these very jars, which have its time then: the launcher looks as well. */
    private static boolean hasClassCache(Path home) throws IOException {
        Path cache = home.resolve("command.aot");
        if (!Files.exists(cache)) {
            return false;
        }
        for (Path jar : InstalledTidemark.jars(home)) {
            if (!Files.getLastModifiedTime(jar).equals(Files.getLastModifiedTime(cache))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a command is to be run here; each one once not, and none whose options come first.
     *
     * @param started the commands that have been processes already
     */
    static boolean takes(String command, Set<String> started) {
        return !CAMPAIGN && !command.startsWith("-") && !OTHER_PROGRAMS.contains(command) && !started.add(command);
    }

    /**
     * Runs a command in a JVM that nobody else uses.
     *
     * @param directory the home of its user, and where it runs
     */
    static Outcome run(Path directory, List<String> words, int limitSeconds) {
        return run(directory, words, End.KEPT, End.KEPT, limitSeconds);
    }

    /** The same with outputs that end elsewhere; what is lost is empty. */
    static Outcome run(Path directory, List<String> words, End data, End talk, int limitSeconds) {
        try {
            ResidentJvm idle = IDLE.poll();
            ResidentJvm jvm = idle == null ? new ResidentJvm() : idle;
            Outcome outcome = jvm.outcome(directory, words, data, talk, limitSeconds);
            IDLE.push(jvm);
            return outcome;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + words + " ran", e);
        }
    }

    private Outcome outcome(Path directory, List<String> words, End data, End talk, int limitSeconds)
            throws IOException, InterruptedException {
        commands.writeUTF(directory.toString());
        commands.writeInt(words.size());
        for (String word : words) {
            commands.writeUTF(word);
        }
        commands.writeUTF(data.name());
        commands.writeUTF(talk.name());
        commands.flush();
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                outcome.complete(new Outcome(outcomes.readInt(), text(), text()));
            } catch (IOException e) {
                outcome.completeExceptionally(e);
            }
        });
        try {
            return outcome.get(limitSeconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            String threads = threads();
            process.destroyForcibly();
            throw new AssertionError(words + " did not end in " + limitSeconds + " s:\n" + threads, e);
        } catch (ExecutionException e) {
            process.destroyForcibly();
            throw new AssertionError(words + " ended its JVM:\n" + Files.readString(log), e);
        }
    }

    /** What it waits for. */
    private String threads() throws IOException, InterruptedException {
        Path dump = Files.createTempFile("tidemark-threads", ".txt");
        try {
            Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
            new ProcessBuilder(OperatingUser.current()
                            .command(List.of(jcmd.toString(), String.valueOf(process.pid()), "Thread.print")))
                    .redirectErrorStream(true)
                    .redirectOutput(dump.toFile())
                    .start()
                    .waitFor(20, TimeUnit.SECONDS);
            return Files.readString(dump);
        } finally {
            Files.delete(dump);
        }
    }

    private String text() throws IOException {
        return new String(outcomes.readNBytes(outcomes.readInt()), StandardCharsets.UTF_8);
    }

    /** With the program of the JVM, beside the installation: a checkout may be where only its owner can read. */
    private static Path jar() {
        Path jar = InstalledTidemark.home().resolve("resident-commands.jar");
        try (JarOutputStream entries = new JarOutputStream(Files.newOutputStream(jar))) {
            for (Class<?> program : List.of(ResidentCommands.class, ResidentWal.class)) {
                add(program, entries);
                for (Class<?> part : program.getDeclaredClasses()) {
                    add(part, entries);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return jar;
    }

    private static void add(Class<?> program, JarOutputStream entries) throws IOException {
        String name = program.getName().replace('.', '/') + ".class";
        try (InputStream bytes = program.getClassLoader().getResourceAsStream(name)) {
            if (bytes == null) {
                throw new IllegalStateException("no '" + name + "'");
            }
            entries.putNextEntry(new JarEntry(name));
            bytes.transferTo(entries);
            entries.closeEntry();
        }
    }
}
