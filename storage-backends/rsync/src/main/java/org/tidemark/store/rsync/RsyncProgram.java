// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.io.InputStream;
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
import org.tidemark.store.StorageException;

/** Runs rsync, within a limit of time. No process and no thread outlives its run. Thread-safe. */
final class RsyncProgram {
    static final Path NOTHING = Path.of("/dev/null");

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
     * One run.
     *
     * @param what for messages: a key or a prefix
     * @param directory where it runs
     * @param input a file
     */
    record Run(Operation operation, String what, List<String> command, Path directory, Path input) {}

    /**
     * Runs it to its end, or until it has printed enough.
     *
     * @param wanted gets each line of the output, and says whether more is wanted
     * @throws StorageException if it could not be started, did not end in time, or this thread was interrupted; what an
     *     end means is up to the caller
     */
    Ended run(Run run, Predicate<String> wanted) throws StorageException {
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
            // A listing that was not read to its end must never pass for a whole one.
            boolean whole = output.get(OUTPUT_GRACE_SECONDS, TimeUnit.SECONDS);
            if (whole) {
                // Otherwise this class ended the program, and cut its messages off.
                error.get(OUTPUT_GRACE_SECONDS, TimeUnit.SECONDS);
            }
            return new Ended(
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
                boolean whole = OutputLines.read(output, wanted);
                if (!whole) {
                    destroy(process);
                }
                return whole;
            }
        });
        Thread.ofVirtual().start(task);
        return task;
    }

    /** With its children: the other half of rsync, and ssh. */
    private static void destroy(Process process) {
        if (process.isAlive()) {
            List<ProcessHandle> children = process.descendants().toList();
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
