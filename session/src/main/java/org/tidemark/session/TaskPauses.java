// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UserFacingException;

/**
 * Which scheduled tasks of a cluster do not begin on this host for a while, because an operator said so. WAL is never
 * paused. Kept in the spool, and synced.
 */
public final class TaskPauses {
    /** Nobody notices for longer that a pause was forgotten. */
    public static final Duration LONGEST = Duration.ofDays(30);

    private final Path spool;
    private final Path directory;

    public TaskPauses(Path spool, ClusterName cluster) {
        this.spool = spool;
        this.directory = SpoolPart.CRON.in(spool).resolve(cluster.value());
    }

    /**
     * Those of the cluster of a session.
     *
     * @throws UserFacingException USAGE if no cluster is configured
     */
    public static TaskPauses of(Session session) {
        return new TaskPauses(
                session.spool(),
                session.cluster()
                        .map(ClusterSettings::name)
                        .orElseThrow(() -> new UserFacingException(
                                ExitCode.USAGE, "no cluster is configured", "Name it with --cluster.")));
    }

    /** When the pause of a task ends; empty if it is not paused. */
    public Optional<Instant> until(ScheduledTask task, Instant now) {
        try {
            return Optional.of(Files.readString(file(task), StandardCharsets.UTF_8))
                    .map(text -> Instant.parse(text.strip()))
                    .filter(now::isBefore)
                    .filter(until -> !until.isAfter(now.plus(LONGEST))); // the clock was set back since
        } catch (IOException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The tasks that are paused now, and until when. */
    public Map<ScheduledTask, Instant> paused(Instant now) {
        Map<ScheduledTask, Instant> paused = new EnumMap<>(ScheduledTask.class);
        for (ScheduledTask task : ScheduledTask.values()) {
            until(task, now).ifPresent(until -> paused.put(task, until));
        }
        return paused;
    }

    /**
     * From now on none of these tasks begins until then; a later pause replaces an earlier one.
     *
     * @throws UserFacingException with LOCAL_FILES
     */
    public void pause(Set<ScheduledTask> tasks, Instant until) {
        try {
            SpoolDirectory.make(spool);
            DurableFile.makeDirectories(directory, 0700);
            for (ScheduledTask task : tasks) {
                DurableFile.replace(
                        file(task), (until + "\n").getBytes(StandardCharsets.UTF_8), DurableFile.mode(0600));
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /**
     * These tasks are done again when they are due.
     *
     * @throws UserFacingException with LOCAL_FILES
     */
    public void resume(Set<ScheduledTask> tasks) {
        try {
            for (ScheduledTask task : tasks) {
                if (Files.deleteIfExists(file(task))) {
                    DurableFile.sync(directory);
                }
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private Path file(ScheduledTask task) {
        return directory.resolve(task + ".paused");
    }

    private UserFacingException failure(IOException e) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "the spool '" + spool + "' could not be written: " + FileProblem.of(e),
                "Run the command as the user that runs 'tidemark cron' or 'tidemark serve'.",
                e);
    }
}
