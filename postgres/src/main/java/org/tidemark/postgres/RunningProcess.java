// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One process: its id, which another process may get later, and its start time, which tells them apart. Immutable.
 *
 * @param pid its id
 * @param started when it started, in clock ticks since the boot, as in /proc
 */
public record RunningProcess(String pid, String started) {
    private static final String ZOMBIE = "Z";
    private static final Set<String> STOPPED = Set.of("T", "t");
    /** Fields of /proc/PID/stat after the name: the state is the first, the start time the 20th. */
    private static final int PARENT = 1;

    private static final int START_TIME = 19;

    /** This process. */
    public static RunningProcess self() {
        return of(Long.toString(ProcessHandle.current().pid()))
                .orElseThrow(() -> new IllegalStateException("/proc does not show this process"));
    }

    /** The running process of this id; empty if there is none, or if it has ended and its parent did not notice yet. */
    public static Optional<RunningProcess> of(String pid) {
        List<String> fields = fields(pid);
        return fields.size() <= START_TIME || fields.getFirst().equals(ZOMBIE)
                ? Optional.empty()
                : Optional.of(new RunningProcess(pid, fields.get(START_TIME)));
    }

    /** Reads the text that {@link #toString} has written; empty if it is something else. */
    public static Optional<RunningProcess> parse(String text) {
        String[] words = text.split(" ", -1);
        return words.length == 2 ? Optional.of(new RunningProcess(words[0], words[1])) : Optional.empty();
    }

    /**
     * The id of the parent of a process, read from /proc, since {@link ProcessHandle} starts threads; empty if the
     * process is not visible.
     *
     * @param pid its id, or {@code self}
     */
    public static String parentOf(String pid) {
        List<String> fields = fields(pid);
        return fields.size() <= PARENT ? "" : fields.get(PARENT);
    }

    /** Reads the fields of /proc/PID/stat after the name of the process; empty if the process is not visible. */
    private static List<String> fields(String pid) {
        try (InputStream stat = new FileInputStream("/proc/" + pid + "/stat")) {
            String text = new String(stat.readAllBytes(), StandardCharsets.ISO_8859_1);
            // 4711 (name, in which anything may stand) S 4700 ...
            return List.of(text.substring(text.lastIndexOf(')') + 1).strip().split(" ", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Whether this very process still runs. */
    public boolean isRunning() {
        return of(pid).filter(this::equals).isPresent();
    }

    /** Whether it does nothing, because a signal or a debugger has stopped it. */
    public boolean isStopped() {
        List<String> fields = fields(pid);
        return !fields.isEmpty() && STOPPED.contains(fields.getFirst());
    }

    @Override
    public String toString() {
        return pid + " " + started;
    }
}
