// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.Starts;

/**
 * An installation whose launcher finds, in the place of Java, a script that hands wal-push and wal-fetch to a JVM that
 * stays. All else is as PostgreSQL meets it: the launcher looks into the spool, gives the call its environment, and
 * translates its status. For Java itself such a command spends nine tenths of its time on its start. In a campaign the
 * launcher finds Java.
 *
 * <p>The script says its process id, and waits for a status. All of the call is read from /proc: arguments,
 * environment, directory, umask; what the command prints goes to where the script would print it. A script that was
 * killed ends the JVM that works for it, as it would be the end of that process. Thread-safe.
 */
final class ResidentJava {
    private static final String PROGRAM = "org.tidemark.cli.wal.WalMain";
    /** No part of the environment of a JVM that stays: all that reads them has them from the call. */
    private static final Set<String> OF_THE_CALL = Set.of(
            "TIDEMARK_PARENT",
            "TIDEMARK_CALLER",
            "TIDEMARK_LINE_PREFIX",
            "TIDEMARK_CALL",
            "TIDEMARK_STAYS",
            "TIDEMARK_FETCH_OPTIONS",
            "TIDEMARK_LOOKED_AT",
            "TIDEMARK_HOST_SPOOL",
            "TIDEMARK_HOST_FETCH_RETRY",
            "TIDEMARK_HOST_PREFETCH",
            "PGDATA",
            "PGSYSCONFDIR",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_");

    /** What the launcher knows as the end of a Java that could not start. */
    private static final int JAVA_FAILED = 90;

    private static final Duration LOOK = Duration.ofMillis(20);
    private static final String SCRIPT = """
            #!/bin/sh
            case " $* " in
                *" PROGRAM wal-prefetch "*) exec JAVA "$@" ;;
                *" PROGRAM "*) ;;
                *) exec JAVA "$@" ;;
            esac
            answer=DIRECTORY/$$
            [ -p "$answer" ] || mkfifo "$answer" || exit FAILED
            echo $$ > DIRECTORY/calls
            read -r status < "$answer"
            exit "${status:-FAILED}"
            """;

    private static final Path LAUNCHER =
            Rounds.of(0, 1) == 1 ? InstalledTidemark.launcher() : new ResidentJava().launcher();

    private final Path home;
    private final Path directory;
    private final Map<Surroundings, Deque<Jvm>> idle = new ConcurrentHashMap<>();

    private ResidentJava() {
        Path installed = InstalledTidemark.home();
        home = installed.resolveSibling("tidemark-resident");
        directory = home.resolve("calls");
        try {
            Path java = installed.resolve("runtime/bin/java");
            Files.createDirectories(home.resolve("bin"));
            Files.createDirectories(home.resolve("runtime/bin"));
            Files.createDirectories(directory);
            Files.copy(InstalledTidemark.launcher(), launcher());
            try (var files = Files.list(installed)) {
                for (Path file : files.toList()) {
                    Path link = home.resolve(file.getFileName());
                    if (!Files.exists(link)) {
                        Files.createSymbolicLink(link, file);
                    }
                }
            }
            Path script = home.resolve("runtime/bin/java");
            Files.writeString(
                    script,
                    SCRIPT.replace("DIRECTORY", directory.toString())
                            .replace("PROGRAM", PROGRAM)
                            .replace("JAVA", java.toString())
                            .replace("FAILED", Integer.toString(JAVA_FAILED)));
            if (!script.toFile().setExecutable(true, false)
                    || !launcher().toFile().setExecutable(true, false)) {
                throw new IOException("cannot make '" + script + "' executable");
            }
            Process made =
                    new ProcessBuilder("mkfifo", calls().toString()).inheritIO().start();
            if (made.waitFor() != 0) {
                throw new IOException("cannot make '" + calls() + "'");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while '" + home + "' was made", e);
        }
        OperatingUser.current().own(home);
        begin(this::listen, "WAL calls");
    }

    /** The path of the launcher whose WAL commands have a JVM that stays, where this is no campaign. */
    static Path ofWal() {
        return LAUNCHER;
    }

    private Path launcher() {
        return home.resolve("bin/tidemark");
    }

    private Path calls() {
        return directory.resolve("calls");
    }

    private static void begin(Runnable work, String name) {
        Thread.ofPlatform().daemon().name(name).start(work);
    }

    private void listen() {
        try (RandomAccessFile calls = new RandomAccessFile(calls().toFile(), "rw")) {
            for (String process = calls.readLine(); process != null; process = calls.readLine()) {
                String calling = process;
                begin(() -> answer(calling), "WAL call " + calling);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A script that is gone has no answer; else it is there until it has read one. */
    private void answer(String process) {
        Path file = directory.resolve(process);
        try (RandomAccessFile answer = new RandomAccessFile(file.toFile(), "rw")) {
            int status = status(process);
            answer.write((status + "\n").getBytes(StandardCharsets.UTF_8));
            while (RunningProcess.of(process).isPresent()) {
                Thread.sleep(1);
            }
        } catch (IOException e) {
            // It was killed, or this is the end of the tests.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            file.toFile().delete();
        }
    }

    private int status(String process) throws IOException, InterruptedException {
        Call call = Call.of(process);
        Deque<Jvm> jvms = idle.computeIfAbsent(call.surroundings(), _ -> new ConcurrentLinkedDeque<>());
        Jvm waiting = jvms.poll();
        Jvm jvm = waiting == null ? new Jvm(call.surroundings()) : waiting;
        int status = jvm.status(call);
        if (jvm.isAlive()) {
            jvms.push(jvm);
        }
        return status;
    }

    /** What a JVM that stays has from its start: calls with others of these have another JVM. */
    private record Surroundings(Map<String, String> environment, String umask) {}

    private record Call(
            String process, Path directory, Map<String, String> environment, List<String> words, String umask) {
        static Call of(String process) throws IOException {
            Path proc = Path.of("/proc", process);
            Map<String, String> environment = new HashMap<>();
            for (String line : strings(proc.resolve("environ"))) {
                environment.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
            }
            List<String> words = strings(proc.resolve("cmdline"));
            String umask = Files.readAllLines(proc.resolve("status")).stream()
                    .filter(line -> line.startsWith("Umask:"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElseThrow(() -> new IOException("no umask of process " + process));
            return new Call(
                    process,
                    Files.readSymbolicLink(proc.resolve("cwd")),
                    environment,
                    words.subList(words.indexOf(PROGRAM) + 1, words.size()),
                    umask);
        }

        Surroundings surroundings() {
            Map<String, String> lasting = new HashMap<>(environment);
            lasting.keySet().removeAll(OF_THE_CALL);
            return new Surroundings(lasting, umask);
        }

        /** Each ends with a NUL. */
        private static List<String> strings(Path file) throws IOException {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            List<String> strings = new ArrayList<>(Arrays.asList(text.split("\0", -1)));
            strings.removeLast();
            return strings;
        }
    }

    /** Not thread-safe. */
    private static final class Jvm {
        private final Process process;
        private final DataOutputStream calls;
        private final DataInputStream answers;

        Jvm(Surroundings surroundings) throws IOException {
            List<String> command =
                    new ArrayList<>(List.of("sh", "-c", "umask " + surroundings.umask() + " && exec \"$0\" \"$@\""));
            String options = surroundings.environment().getOrDefault("TIDEMARK_JAVA_OPTIONS", "");
            command.addAll(ResidentJvm.command(
                    ResidentWal.class, options.isEmpty() ? List.of() : List.of(options.split(" ", -1))));
            Path log = Files.createTempFile("tidemark-wal-commands", ".log");
            log.toFile().deleteOnExit();
            ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                    .directory(InstalledTidemark.home().toFile())
                    .redirectError(log.toFile());
            builder.environment().clear();
            builder.environment().putAll(surroundings.environment());
            process = builder.start();
            Starts.count("JVMs for several WAL commands");
            calls = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
            answers = new DataInputStream(process.getInputStream());
        }

        boolean isAlive() {
            return process.isAlive();
        }

        /** As the shell has it of Java: a JVM that ends has the status of its last command, or of its signal. */
        int status(Call call) throws IOException, InterruptedException {
            CompletableFuture<Integer> status = new CompletableFuture<>();
            begin(
                    () -> {
                        try {
                            send(call);
                            status.complete(answer(call));
                        } catch (IOException e) {
                            status.complete(process.onExit().join().exitValue());
                        }
                    },
                    "status of " + call.process());
            Starts.count("WAL commands without a JVM of their own");
            while (true) {
                try {
                    return status.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (RunningProcess.of(call.process()).isEmpty()) {
                        process.destroyForcibly();
                    }
                } catch (ExecutionException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        /** Where the script would print, only this process may write, which has opened it for the server. */
        private int answer(Call call) throws IOException {
            try (OutputStream printed = new FileOutputStream("/proc/" + call.process() + "/fd/2", true)) {
                for (int length = answers.readInt(); length != ResidentWal.END; length = answers.readInt()) {
                    printed.write(answers.readNBytes(length));
                }
            }
            return answers.readInt();
        }

        private void send(Call call) throws IOException {
            calls.writeUTF(call.process());
            calls.writeUTF(call.directory().toString());
            calls.writeInt(call.environment().size());
            for (Map.Entry<String, String> variable : call.environment().entrySet()) {
                calls.writeUTF(variable.getKey());
                calls.writeUTF(variable.getValue());
            }
            calls.writeInt(call.words().size());
            for (String word : call.words()) {
                calls.writeUTF(word);
            }
            calls.flush();
        }
    }
}
