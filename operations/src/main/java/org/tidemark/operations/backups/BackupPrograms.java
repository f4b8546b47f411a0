// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.OperatorProgram;
import org.tidemark.core.OperatorProgram.Ended;
import org.tidemark.core.UserFacingException;

/** The programs that the operator wants to run before and after each backup. */
record BackupPrograms(ClusterSettings cluster) {
    private static final Duration LIMIT = Duration.ofHours(1);

    /** @throws UserFacingException if it does not succeed: then no backup is to be taken */
    void before() throws IOException {
        if (cluster.beforeBackup().isPresent()) {
            run(cluster.beforeBackup().get(), "before-backup", Map.of());
        }
    }

    /**
     * Runs whether there is a backup or not, also after an interrupt, which stays noted.
     *
     * @param ids of the backups that are complete
     * @return a warning if it does not succeed
     */
    List<Finding> after(ExitCode status, List<String> ids) {
        if (cluster.afterBackup().isEmpty()) {
            return List.of();
        }
        // Else it would be killed at once.
        boolean interrupted = Thread.interrupted();
        try {
            run(
                    cluster.afterBackup().get(),
                    "after-backup",
                    Map.of(
                            "TIDEMARK_STATUS",
                            Integer.toString(status.status()),
                            "TIDEMARK_BACKUPS",
                            String.join(" ", ids)));
            return List.of();
        } catch (UserFacingException e) {
            return List.of(Finding.warning("backup", e.getMessage(), e.hint()));
        } catch (IOException e) {
            return List.of(Finding.warning("backup", "after-backup could not be run: " + e.getMessage(), ""));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run(Path program, String key, Map<String, String> facts) throws IOException {
        Map<String, String> all = new TreeMap<>(facts);
        all.put("TIDEMARK_CLUSTER", cluster.name().toString());
        Ended ended = new OperatorProgram(key, program).run(all, LIMIT);
        if (ended.status() != 0) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    key + " '" + program + "' exited with status " + ended.status()
                            + (ended.output().isBlank()
                                    ? ""
                                    : ": " + ended.output().strip()),
                    key.startsWith("before")
                            ? "No backup was taken. Run the program by hand as this user, or remove before-backup from the"
                                    + " configuration."
                            : "Run the program by hand as this user.");
        }
    }
}
