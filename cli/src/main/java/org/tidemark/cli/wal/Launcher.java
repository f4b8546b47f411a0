// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.RunningProcess;

/**
 * The shell that started this process, and its parent processes up to the postmaster. If the shell was killed,
 * PostgreSQL already has a failure status and may have asked for another file at the same target, so nothing more may
 * be written there. If PostgreSQL was killed, nothing waits for this process any more except the shell. Processes above
 * the postmaster do not count: pg_ctl ends when the server is up, and the recovery continues. Immutable.
 */
final class Launcher {
    private static final String PARENT = "TIDEMARK_PARENT";
    /** The shell, at most two processes of archive_command, PostgreSQL's archiver and its postmaster. */
    private static final int GENERATIONS = 5;

    private static final int WITHOUT_POSTMASTER = 2;

    private final WalCall call;
    private final String postmaster;
    private final List<String> ancestors;

    Launcher(WalCall call) {
        this.call = call;
        this.postmaster = postmaster(call.environment().workingDirectory());
        this.ancestors = ancestors();
    }

    /**
     * Returns if the launcher still waits for this process, or if there was no launcher.
     *
     * @throws UserFacingException if it is gone
     */
    static void requireAlive(WalCall call) {
        String expected = call.environment().variables().get(PARENT);
        if (expected == null) {
            return;
        }
        boolean alive = RunningProcess.parentOf(call.process()).equals(expected);
        if (!alive) {
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the process that asked for this file is gone", "Nothing was delivered.");
        }
    }

    /** Whether the launcher, its caller, or a process above these has ended since this object was made. */
    boolean isAbandoned() {
        String launcher = call.environment().variables().get(PARENT);
        String caller = call.environment().variables().get("TIDEMARK_CALLER");
        if (launcher == null || caller == null) {
            return false;
        }
        List<String> present = ancestors();
        return !present.equals(ancestors) || differs(present, 0, launcher) || differs(present, 1, caller);
    }

    /**
     * Whether a person called the command: stderr is a terminal, and no parent process is the server of this directory.
     * (A server that pg_ctl started without a log file has a terminal as well.)
     */
    boolean isCalledByHand() {
        return "".equals(call.environment().variables().get("TIDEMARK_LINE_PREFIX")) && !ancestors.contains(postmaster);
    }

    /** Whether the server of this directory called the command. */
    boolean isCalledByServer() {
        return !postmaster.isEmpty() && ancestors.contains(postmaster);
    }

    /** When a parent process ends, its children get another parent. */
    private static boolean differs(List<String> present, int generation, String pid) {
        return generation < present.size() && !present.get(generation).equals(pid);
    }

    /** Without a postmaster (a call by hand): only the shell and its caller. */
    private List<String> ancestors() {
        List<String> pids = new ArrayList<>();
        String above = call.isBesideLauncher() ? launcherBeside() : RunningProcess.parentOf(call.process());
        while (!above.isEmpty() && !above.equals("0") && pids.size() < GENERATIONS) {
            pids.add(above);
            if (above.equals(postmaster)) {
                return pids;
            }
            above = RunningProcess.parentOf(above);
        }
        return pids.subList(0, Math.min(pids.size(), WITHOUT_POSTMASTER));
    }

    /** A process that may stay is no child of the launcher; empty if that has ended. */
    private String launcherBeside() {
        String launcher = call.environment().variables().getOrDefault(PARENT, "");
        return RunningProcess.parentOf(launcher).isEmpty() ? "" : launcher;
    }

    /** The first line of postmaster.pid in the data directory, where PostgreSQL starts its commands; empty without. */
    private static String postmaster(Path dataDirectory) {
        try (InputStream file =
                new FileInputStream(dataDirectory.resolve("postmaster.pid").toFile())) {
            String text = new String(file.readAllBytes(), StandardCharsets.ISO_8859_1);
            return text.lines().findFirst().orElse("").strip();
        } catch (IOException e) {
            return "";
        }
    }
}
