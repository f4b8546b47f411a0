// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The shell that started this process, and the processes above it up to the postmaster. If the shell was killed,
 * PostgreSQL has been told something else already and may have asked for another file at the same target: then nothing
 * more may be put there. If PostgreSQL was, nobody waits for this process any more, though the shell still does. What
 * is above the postmaster does not count: pg_ctl ends when the server is up, and the recovery goes on. Immutable.
 */
final class Launcher {
    /** The shell, at most two of archive_command's own, PostgreSQL's archiver and its postmaster. */
    private static final int GENERATIONS = 5;

    private static final int WITHOUT_POSTMASTER = 2;

    private final String postmaster = postmaster();
    private final List<String> ancestors = ancestors();

    /**
     * Returns if the launcher still waits for this process, or there was none.
     *
     * @throws UserFacingException if it is gone
     */
    static void requireAlive() {
        String expected = System.getenv("TIDEMARK_PARENT");
        if (expected == null) {
            return;
        }
        boolean alive = parent("self").equals(expected);
        if (!alive) {
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the process that asked for this file is gone", "Nothing was delivered.");
        }
    }

    /** Whether the launcher, its caller, or a process above these has ended since this object was made. */
    boolean isAbandoned() {
        String launcher = System.getenv("TIDEMARK_PARENT");
        String caller = System.getenv("TIDEMARK_CALLER");
        if (launcher == null || caller == null) {
            return false;
        }
        List<String> present = ancestors();
        return !present.equals(ancestors) || differs(present, 0, launcher) || differs(present, 1, caller);
    }

    /**
     * Whether a person called the command: stderr is a terminal, and no server that runs in this directory is above
     * this process. One that pg_ctl started without a log file has a terminal as well.
     */
    static boolean isCalledByHand() {
        Launcher launcher = new Launcher();
        return "".equals(System.getenv("TIDEMARK_LINE_PREFIX")) && !launcher.ancestors.contains(launcher.postmaster);
    }

    /** The parent of a process that has ended is another one from then on. */
    private static boolean differs(List<String> present, int generation, String pid) {
        return generation < present.size() && !present.get(generation).equals(pid);
    }

    /** Without a postmaster, as by hand, the shell and its caller alone. */
    private List<String> ancestors() {
        List<String> pids = new ArrayList<>();
        String above = parent("self");
        while (!above.isEmpty() && !above.equals("0") && pids.size() < GENERATIONS) {
            pids.add(above);
            if (above.equals(postmaster)) {
                return pids;
            }
            above = parent(above);
        }
        return pids.subList(0, Math.min(pids.size(), WITHOUT_POSTMASTER));
    }

    /** The first line of postmaster.pid in the data directory, where PostgreSQL starts its commands; empty without. */
    private static String postmaster() {
        try (InputStream file = new FileInputStream("postmaster.pid")) {
            String text = new String(file.readAllBytes(), StandardCharsets.ISO_8859_1);
            return text.lines().findFirst().orElse("").strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** By hand, since java.lang.ProcessHandle starts threads of its own; empty if the process cannot be seen. */
    private static String parent(String process) {
        try (InputStream stat = new FileInputStream("/proc/" + process + "/stat")) {
            String text = new String(stat.readAllBytes(), StandardCharsets.ISO_8859_1);
            // 4711 (name, in which anything may stand) S 4700 ...
            String[] fields = text.substring(text.lastIndexOf(')') + 1).strip().split(" ", -1);
            return fields.length > 1 ? fields[1] : "";
        } catch (IOException e) {
            return "";
        }
    }
}
