// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.tidemark.store.Operation;
import org.tidemark.store.RequestThreads;
import org.tidemark.store.StorageException;
import org.tidemark.store.rsync.RsyncResult.RsyncMessages;

/** Runs rsync within a time limit. No process and no thread outlives its run. Thread-safe. */
final class RsyncProgram {
    static final Path NO_INPUT = Path.of("/dev/null");

    /** Longer than any line about a key; the rest of a longer line is dropped. */
    private static final int MAX_LINE = 8 * 1024;

    /** The limit for reading the rest of the output of a program that has ended. */
    private static final int OUTPUT_GRACE_SECONDS = 5;

    /** The operations in which this side is rsync's sender. */
    private static final Set<Operation> SENDING =
            EnumSet.of(Operation.WRITE, Operation.COMPARE, Operation.DELETE, Operation.CREATE_DIRECTORY);

    private final RsyncArguments arguments;
    private final Duration limit;
    private final RsyncErrors errors;

    RsyncProgram(RsyncConfig config, RsyncArguments arguments, RsyncErrors errors) {
        this.arguments = arguments;
        this.limit = config.limits().request();
        this.errors = errors;
    }

    /**
     * The parameters of one run.
     *
     * @param what the key or prefix, for messages
     * @param directory the working directory of rsync
     * @param input the file of the standard input
     */
    record Run(Operation operation, String what, List<String> command, Path directory, Path input) {}

    /**
     * Runs rsync to its end, or until its output is no longer wanted.
     *
     * @param wanted gets each line of the output, and returns whether to continue
     * @throws StorageException if rsync could not be started, did not end in time, or this thread was interrupted; the
     *     caller judges the result
     */
    RsyncResult run(Run run, Predicate<String> wanted) throws StorageException {
        if (Thread.currentThread().isInterrupted()) {
            throw errors.unavailable(run.operation(), run.what(), "interrupted");
        }
        Process process = start(run);
        RsyncMessages messages = new RsyncMessages(SENDING.contains(run.operation()));
        FutureTask<Boolean> output = reading(process.getInputStream(), wanted, process);
        FutureTask<Boolean> error = reading(process.getErrorStream(), messages::add, process);
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw errors.unavailable(run.operation(), run.what(), "rsync did not end within " + limit);
            }
            // A partial listing must never count as a complete one.
            boolean whole = output.get(OUTPUT_GRACE_SECONDS, TimeUnit.SECONDS);
            if (whole) {
                // Otherwise this class ended rsync, and the messages are incomplete.
                error.get(OUTPUT_GRACE_SECONDS, TimeUnit.SECONDS);
            }
            return new RsyncResult(
                    process.exitValue(),
                    !whole,
                    whole ? messages : new RsyncMessages(SENDING.contains(run.operation())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.unavailable(run.operation(), run.what(), "interrupted while rsync ran", e);
        } catch (ExecutionException | TimeoutException e) {
            throw errors.unavailable(
                    run.operation(), run.what(), "the output of rsync could not be read to its end", e);
        } finally {
            destroy(process);
        }
    }

    private Process start(Run run) throws StorageException {
        ProcessBuilder builder = new ProcessBuilder(run.command())
                .directory(run.directory().toFile())
                .redirectInput(run.input().toFile());
        Map<String, String> environment = arguments.environment(builder.environment());
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw errors.noProgram(run.operation(), run.what(), run.command().getFirst(), e);
        }
    }

    private static FutureTask<Boolean> reading(InputStream output, Predicate<String> wanted, Process process) {
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            try (output) {
                boolean whole = readLines(output, wanted);
                if (!whole) {
                    destroy(process);
                }
                return whole;
            }
        });
        RequestThreads.startOfSystem("rsync-output", task);
        return task;
    }

    /** Ends rsync with its children, which are another rsync process and ssh. */
    private static void destroy(Process process) {
        if (process.isAlive()) {
            List<ProcessHandle> children = process.descendants().toList();
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /**
     * Reads lines of bounded length to the end, or until no more lines are wanted.
     *
     * @param wanted whether to continue
     * @return whether the end was reached
     */
    private static boolean readLines(InputStream output, Predicate<String> wanted) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(output, StandardCharsets.ISO_8859_1));
        StringBuilder line = new StringBuilder();
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (c != '\n') {
                if (line.length() < MAX_LINE) {
                    line.append((char) c);
                }
            } else {
                if (!wanted.test(line.toString())) {
                    return false;
                }
                line.setLength(0);
            }
        }
        return line.isEmpty() || wanted.test(line.toString());
    }
}
