// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;

/**
 * Runs a written restore_command once, as PostgreSQL will: as the owner of the data directory, in it, by a shell, with
 * an almost empty environment. The file that it fetches is removed again.
 */
public final class RestoreCommandCheck {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final String TARGET = "pg_wal/TIDEMARK_CHECK";
    private static final Map<String, String> BARE =
            Map.of("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

    /** The variables that the program, its libraries and ssh read; an environment has many others. */
    private static final Pattern READ = Pattern.compile(
            "(TIDEMARK|AWS|AZURE|GOOGLE|CLOUDSDK|OS|ST|RSYNC|SSH|XDG|JAVA)_.*|HOME|USER|LOGNAME|.*_proxy",
            Pattern.CASE_INSENSITIVE);

    private final RestoreCommand command;
    private final Path dataDirectory;
    private final Map<String, String> environment;

    /** @param environment of this process: variables that PostgreSQL may not have */
    public RestoreCommandCheck(RestoreCommand command, Path dataDirectory, Map<String, String> environment) {
        this.command = command;
        this.dataDirectory = dataDirectory;
        this.environment = Map.copyOf(environment);
    }

    private record Run(int status, String output) {
        boolean delivered() {
            return status == 0;
        }
    }

    /**
     * Fetches a file that the repository holds.
     *
     * @return the names of the variables that the command needs; none if it works without any
     * @throws UserFacingException if it does not work with any of them
     */
    public List<String> fetch(String file) throws IOException, InterruptedException {
        Run bare = run(file, BARE);
        if (bare.delivered()) {
            return List.of();
        }
        Map<String, String> needed = new TreeMap<>(environment);
        needed.remove("TIDEMARK_LAUNCHER");
        needed.putAll(BARE);
        if (!run(file, needed).delivered()) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "the restored cluster could not fetch its WAL: restore_command exited with status " + bare.status()
                            + (bare.output().isBlank()
                                    ? ""
                                    : " and said: " + bare.output().strip()),
                    "The files are restored, but do not start the cluster before this command works. Run it as the"
                            + " owner of '" + dataDirectory + "', in that directory: " + command.forFile(file, TARGET));
        }
        List<String> candidates =
                needed.keySet().stream().filter(name -> !BARE.containsKey(name)).toList();
        dropUnneeded(
                file, needed, candidates.stream().filter(name -> !isRead(name)).toList());
        for (String name :
                candidates.stream().filter(RestoreCommandCheck::isRead).toList()) {
            dropUnneeded(file, needed, List.of(name));
        }
        return candidates.stream().filter(needed::containsKey).toList();
    }

    private static boolean isRead(String name) {
        return READ.matcher(name).matches();
    }

    /**
     * Removes each of {@code names} that the command does not need. Each run takes a second, and one that fails may
     * take minutes: what the command works without is removed at once, and halved otherwise.
     */
    private void dropUnneeded(String file, Map<String, String> remaining, List<String> names)
            throws IOException, InterruptedException {
        if (names.isEmpty()) {
            return;
        }
        Map<String, String> without = new TreeMap<>(remaining);
        without.keySet().removeAll(names);
        if (run(file, without).delivered()) {
            remaining.keySet().removeAll(names);
        } else if (names.size() > 1) {
            int half = names.size() / 2;
            dropUnneeded(file, remaining, names.subList(0, half));
            dropUnneeded(file, remaining, names.subList(half, names.size()));
        }
    }

    private Run run(String file, Map<String, String> variables) throws IOException, InterruptedException {
        Path target = dataDirectory.resolve(TARGET);
        Path log = Files.createTempFile("tidemark-check", ".log");
        try {
            Files.deleteIfExists(target);
            ProcessBuilder builder = new ProcessBuilder(asOwner(command.forFile(file, TARGET)))
                    .directory(dataDirectory.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().clear();
            builder.environment().putAll(variables);
            builder.environment().put("PGDATA", dataDirectory.toString());
            Process process = builder.start();
            try (Wait _ = LongWaits.on("restore_command")) {
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    throw new UserFacingException(
                            ExitCode.TIMED_OUT,
                            "restore_command did not end within " + LIMIT.toMinutes() + " minutes",
                            "Does the repository answer? Try it by hand: " + command.forFile(file, TARGET));
                }
            } finally {
                process.destroyForcibly();
            }
            int status = process.exitValue() == 0 && !Files.exists(target) ? -1 : process.exitValue();
            return new Run(status, Files.readString(log, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(target);
            Files.deleteIfExists(log);
        }
    }

    private List<String> asOwner(String shellCommand) {
        List<String> command = List.of("/bin/sh", "-c", shellCommand);
        return SystemUser.ownerOf(dataDirectory)
                .filter(owner -> owner.uid() != SystemUser.currentUid())
                .map(owner -> owner.running(command))
                .orElse(command);
    }
}
