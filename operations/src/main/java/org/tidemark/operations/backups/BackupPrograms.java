// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;

/**
 * The programs that the operator wants to run before and after each backup: directly, without a shell, with no
 * argument, and with none of this program's variables but PATH, HOME, TMPDIR, the time zone and the locale.
 */
record BackupPrograms(ClusterSettings cluster) {
    private static final Duration LIMIT = Duration.ofHours(1);

    /** The rest of what a program prints is read, and not kept. */
    private static final int MAX_OUTPUT_BYTES = 64 << 10;

    private static final Duration OUTPUT_LIMIT = Duration.ofSeconds(1);
    private static final String INHERITED = "PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR";

    private record Ended(int status, String output) {}

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
        requireOwn(program, key);
        ProcessBuilder builder = new ProcessBuilder(program.toString())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true);
        Map<String, String> inherited = new TreeMap<>(builder.environment());
        inherited.keySet().removeIf(name -> !name.matches(INHERITED));
        builder.environment().clear();
        builder.environment().putAll(inherited);
        builder.environment().put("TIDEMARK_CLUSTER", cluster.name().toString());
        builder.environment().putAll(facts);
        Ended ended = ended(builder.start(), program, key);
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

    private static Ended ended(Process process, Path program, String key) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Thread reader = Thread.ofPlatform().daemon().name(key).start(() -> read(process.getInputStream(), output));
        try (Wait _ = LongWaits.on(key + " '" + program + "'")) {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new UserFacingException(
                        ExitCode.TIMED_OUT,
                        key + " '" + program + "' did not end within " + Amounts.duration(LIMIT) + ", and was killed",
                        "Run it by hand to see why. A program that needs longer must start its work in the background.");
            }
            // What it has left running may hold the pipe.
            reader.join(OUTPUT_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "interrupted while " + key + " '" + program + "' ran, which was killed", "");
        } finally {
            if (process.isAlive()) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
        synchronized (output) {
            return new Ended(process.exitValue(), output.toString(StandardCharsets.UTF_8));
        }
    }

    private static void read(InputStream in, ByteArrayOutputStream output) {
        byte[] chunk = new byte[4096];
        try (in) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                synchronized (output) {
                    output.write(chunk, 0, Math.min(count, MAX_OUTPUT_BYTES - output.size()));
                }
            }
        } catch (IOException e) {
            // It was killed; what it had printed is kept.
        }
    }

    /** Refuses a program that other users could replace: it runs as this user. */
    private static void requireOwn(Path program, String key) throws IOException {
        if (!Files.isExecutable(program) || Files.isDirectory(program)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    key + ": '" + program + "' is not a program that this user can run",
                    "Is the path right? chmod +x makes a file a program.");
        }
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(program);
        int owner = (Integer) Files.getAttribute(program, "unix:uid", new LinkOption[0]);
        if (rights.contains(PosixFilePermission.GROUP_WRITE)
                || rights.contains(PosixFilePermission.OTHERS_WRITE)
                || (owner != 0 && owner != SystemUser.currentUid())) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    key + ": other users may change '" + program + "'",
                    "It must belong to root or to this user, and nobody else may write it: chown, and chmod go-w.");
        }
    }
}
