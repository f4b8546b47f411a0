// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.OptionalInt;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.cli.owner.OwnersRun;
import org.tidemark.cli.process.ProcessEnd;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.BoundedCall;
import org.tidemark.wal.call.WalArguments;

/**
 * Runs wal-push and wal-fetch as the child of the launcher, and reports the result with private statuses: only these
 * can become 0 or "absent" for PostgreSQL, since a failing JVM may exit with 0, 1 or anything else.
 */
public final class WalMain {
    /** wal-fetch: every repository answered that there is no such file, or it is not on this recovery's path. */
    static final int ABSENT = 64;
    /** wal-fetch: the verified file is at its target; wal-push: the file is durable. */
    static final int DELIVERED = 65;

    /** The limit before the configured one is known: the configuration may be on a disk that hangs. */
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private WalMain() {}

    /** Ends the process. */
    public static void main(String[] arguments) {
        WalCall call = WalCall.ofProcess();
        LogLines.begin(call, new FileOutputStream(FileDescriptor.err));
        ProcessEnd.exit(run(arguments, call));
    }

    /**
     * The error of a WAL command that was not started by the launcher, which alone translates statuses for PostgreSQL.
     */
    public static UserFacingException onlyThroughTheLauncher(String command) {
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + command + "' runs only through the launcher",
                "Call it as: tidemark " + command + ". See tidemark " + command + " --help.");
    }

    /**
     * Runs one of several calls in a JVM that goes on after it, one after the other. A call that takes too long ends
     * the JVM, as it ends the process; a thread that it has left waiting for a store ends with the JVM alone.
     *
     * @param error where it prints
     * @return its private status, which only the launcher translates for PostgreSQL
     */
    public static int runOneOfSeveral(String[] arguments, WalCall call, OutputStream error) {
        LogLines.begin(call, error);
        try {
            return run(arguments, call);
        } finally {
            Watchdog.end();
        }
    }

    /**
     * Ends the call, but not the process: the launcher hears the status, and nothing here holds PostgreSQL's log open
     * any more.
     */
    static void answer(int status, WalArguments arguments, WalCall call) throws IOException {
        LogLines.end(arguments, call);
        Watchdog.end();
        System.out.println("status " + status);
        System.out.flush();
        // Closed, these become /dev/null.
        new FileOutputStream(FileDescriptor.out).close();
        new FileOutputStream(FileDescriptor.err).close();
        OwnMemory.mayBeTaken();
    }

    /** Runs one command of this process; its private status. */
    private static int run(String[] arguments, WalCall call) {
        WalArguments parsed;
        try {
            parsed = WalArguments.parse(arguments);
        } catch (UserFacingException e) {
            tell(e.getMessage(), e.hint());
            return e.exitCode().status();
        }
        int status = run(parsed, arguments, call);
        LogLines.end(parsed, call);
        return status;
    }

    private static int run(WalArguments parsed, String[] arguments, WalCall call) {
        try {
            if (OwnersRun.mayBeNeeded()) {
                OptionalInt ran = new OwnersRun(call.environment(), arguments).ofWalCommand();
                if (ran.isPresent()) {
                    return outcome(parsed.command(), ran.getAsInt());
                }
            }
            Watchdog.begin(call, START_LIMIT, "reading the configuration");
            FailedCall.begin(parsed, call);
            BoundedCall.processEndsSoon(parsed.command() != WalArguments.Command.PREFETCH);
            return switch (parsed.command()) {
                case PUSH -> new PushCommand(parsed, call).run();
                case FETCH -> new FetchCommand(parsed, call).run();
                case PREFETCH -> new PrefetchCommand(parsed, call).run();
            };
        } catch (UserFacingException e) {
            tell(e.getMessage(), complete(parsed, e.hint()));
            return FailedCall.status(e.exitCode());
        } catch (IOException e) {
            UserFacingException known = StorageErrors.explain(e);
            tell(known.getMessage(), complete(parsed, known.hint()));
            return FailedCall.status(known.exitCode());
        } catch (InterruptedException e) {
            tell("interrupted", "PostgreSQL will retry.");
            return FailedCall.status(ExitCode.INTERRUPTED);
        } catch (RuntimeException | Error e) {
            tell("an error in Tidemark itself: " + e, "Please report it, with the lines that follow.");
            e.printStackTrace();
            return FailedCall.status(ExitCode.INTERNAL);
        }
    }

    /** Translates the launcher's status after root ran the command as the owner of the data directory. */
    private static int outcome(WalArguments.Command command, int status) {
        if (status == 0) {
            return DELIVERED;
        }
        if (command == WalArguments.Command.FETCH) {
            return status == 1
                    ? ABSENT
                    : ExitCode.INTERRUPTED.status(); // the launcher translates to "could not tell" again
        }
        return status;
    }

    /** Completes the commands of a hint for this cluster and configuration. */
    private static String complete(WalArguments parsed, String hint) {
        return CopyableLines.of(parsed.cluster(), parsed.configuration()).complete(hint);
    }

    private static void tell(String message, String hint) {
        System.err.println("ERROR: " + message);
        System.err.println("HINT: " + hint);
    }
}
