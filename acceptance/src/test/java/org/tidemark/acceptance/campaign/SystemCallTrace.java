// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.acceptance.campaign.SystemCall.Kind;
import org.tidemark.testkit.RequiredServer;

/** What a program, and every program that it started, told the kernel of files, as strace saw it. Immutable. */
record SystemCallTrace(List<SystemCall> calls) {
    private static final System.Logger LOG = System.getLogger(SystemCallTrace.class.getName());
    private static final int LIMIT_SECONDS = 300;
    private static final String TRACED = "trace=?mkdir,?mkdirat,?link,?linkat,?symlink,?symlinkat,?rename,?renameat,"
            + "?renameat2,?creat,?open,openat,fsync,fdatasync,?syncfs,write,pwrite64,writev,pwritev,ftruncate,exit_group";

    private static final Pattern WHOLE = Pattern.compile("(\\d+) +(\\w+)\\((.*)\\) += (-?\\d+|\\?).*");
    private static final Pattern BEGUN = Pattern.compile("(\\d+) +(\\w+)\\((.*) <unfinished \\.\\.\\.>");
    private static final Pattern ENDED = Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)\\) += (-?\\d+|\\?).*");

    SystemCallTrace {
        calls = List.copyOf(calls);
    }

    /** Skips a test, and says so, where nothing can be traced. */
    static void assumePossible() throws InterruptedException {
        RequiredServer.program("strace", "apt-get install strace");
        boolean possible = false;
        try {
            Process process = new ProcessBuilder("strace", "-o", "/dev/null", "true")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            possible = process.waitFor() == 0;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "strace", e);
        }
        if (!possible) {
            LOG.log(System.Logger.Level.WARNING, "skipped: strace is not there, or may not trace");
        }
        assumeTrue(possible, "strace may not trace here");
    }

    /**
     * Runs a program to its end, which must be good.
     *
     * @param where the directory in which it runs
     * @param notes a directory for what it prints and for the trace
     */
    static SystemCallTrace of(Path where, Path notes, Map<String, String> environment, List<String> program)
            throws IOException, InterruptedException {
        Path trace = notes.resolve("trace");
        Path output = notes.resolve("output");
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-y", "-o", trace.toString(), "-e", TRACED));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("the traced program did not end within " + LIMIT_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException(
                    "the traced program ended with " + process.exitValue() + ":\n" + Files.readString(output));
        }
        return parse(Files.readAllLines(trace));
    }

    static SystemCallTrace parse(List<String> lines) {
        List<SystemCall> calls = new ArrayList<>();
        Map<String, Integer> begunAt = new HashMap<>();
        for (int line = 0; line < lines.size(); line++) {
            Matcher whole = WHOLE.matcher(lines.get(line));
            Matcher begun = BEGUN.matcher(lines.get(line));
            Matcher ended = ENDED.matcher(lines.get(line));
            if (begun.matches()) {
                begunAt.put(begun.group(1), line);
            } else if (ended.matches()) {
                int begin = begunAt.getOrDefault(ended.group(1), line);
                Matcher first = BEGUN.matcher(lines.get(begin));
                if (first.matches() && succeeded(ended.group(4))) {
                    SystemCall.of(ended.group(2), first.group(3) + ended.group(3), begin, line)
                            .ifPresent(calls::add);
                }
            } else if (whole.matches() && succeeded(whole.group(4))) {
                SystemCall.of(whole.group(2), whole.group(3), line, line).ifPresent(calls::add);
            }
        }
        return new SystemCallTrace(calls);
    }

    private static boolean succeeded(String result) {
        return !result.startsWith("-");
    }

    /** How {@code file} got its name, for the last time. */
    Optional<SystemCall> lastNaming(Path file) {
        return calls.stream()
                .filter(call -> call.kind() == Kind.NAME && call.path().equals(file))
                .reduce((first, second) -> second);
    }

    /** Everything that got a name below {@code directory}, in order. */
    List<SystemCall> namings(Path directory) {
        return calls.stream()
                .filter(call -> call.kind() == Kind.NAME && call.path().startsWith(directory))
                .toList();
    }

    /** A sync that began after one line of the trace and had ended before another. */
    Optional<SystemCall> sync(Path path, int after, int before) {
        return calls.stream()
                .filter(call -> switch (call.kind()) {
                    case SYNC -> call.path().equals(path);
                    case SYNC_FILE_SYSTEM -> path.startsWith(call.path());
                    case NAME, WRITE, EXIT -> false;
                })
                .filter(call -> call.begin() > after && call.end() < before)
                .findFirst();
    }

    /** The line of the last write to {@code file} that began before another line; -1 if there was none. */
    int lastWrite(Path file, int before) {
        return calls.stream()
                .filter(call -> call.kind() == Kind.WRITE && call.path().equals(file) && call.begin() < before)
                .mapToInt(SystemCall::end)
                .max()
                .orElse(-1);
    }
}
