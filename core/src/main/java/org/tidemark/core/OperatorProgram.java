// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.LongWaits.Wait;

/**
 * A program that the operator wants to be run: directly, without a shell, with no argument and no input, and with none
 * of this program's variables but PATH, HOME, TMPDIR, the time zone and the locale. Immutable.
 *
 * @param key of the configuration that names it, for messages
 */
public record OperatorProgram(String key, Path path) {
    /** The rest of what a program prints is read, and not kept. */
    private static final int MAX_OUTPUT_BYTES = 64 << 10;

    private static final Duration OUTPUT_LIMIT = Duration.ofSeconds(1);
    private static final String INHERITED = "PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR";

    /**
     * How it ended.
     *
     * @param output the first 64 KiB of what it printed, both streams
     */
    public record Ended(int status, String output) {}

    /**
     * Runs it and waits for its end.
     *
     * @param facts variables that it gets
     * @param limit after which it is killed, with what it has started
     * @throws UserFacingException USAGE if it cannot be run, or other users may change it; TIMED_OUT; INTERRUPTED
     */
    public Ended run(Map<String, String> facts, Duration limit) throws IOException {
        requireOwn();
        ProcessBuilder builder = new ProcessBuilder(path.toString())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true);
        Map<String, String> inherited = new TreeMap<>(builder.environment());
        inherited.keySet().removeIf(name -> !name.matches(INHERITED));
        builder.environment().clear();
        builder.environment().putAll(inherited);
        builder.environment().putAll(facts);
        return ended(builder.start(), limit);
    }

    private Ended ended(Process process, Duration limit) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Thread reader = Thread.ofPlatform().daemon().name(key).start(() -> read(process.getInputStream(), output));
        try (Wait _ = LongWaits.on(key + " '" + path + "'")) {
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                throw new UserFacingException(
                        ExitCode.TIMED_OUT,
                        key + " '" + path + "' did not end within " + Amounts.duration(limit) + ", and was killed",
                        "Run it by hand to see why. A program that needs longer must start its work in the background.");
            }
            // What it has left running may hold the pipe.
            reader.join(OUTPUT_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "interrupted while " + key + " '" + path + "' ran, which was killed", "");
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
    private void requireOwn() throws IOException {
        if (!Files.isExecutable(path) || Files.isDirectory(path)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    key + ": '" + path + "' is not a program that this user can run",
                    "Is the path right? chmod +x makes a file a program.");
        }
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(path);
        int owner = (Integer) Files.getAttribute(path, "unix:uid", new LinkOption[0]);
        if (rights.contains(PosixFilePermission.GROUP_WRITE)
                || rights.contains(PosixFilePermission.OTHERS_WRITE)
                || (owner != 0 && owner != SystemUser.currentUid())) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    key + ": other users may change '" + path + "'",
                    "It must belong to root or to this user, and nobody else may write it: chown, and chmod go-w.");
        }
    }
}
