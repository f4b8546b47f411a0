// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.OperatingUser;

/** The user of PostgreSQL on one host, with its configuration of Tidemark and hardly an environment. Immutable. */
record Operator(Path home, Path configuration) {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** The launcher for commands of all kinds. */
    static Path launcher() {
        return InstalledTidemark.walLauncher();
    }

    /** What starts a program as this user. */
    List<String> command(List<String> program) {
        List<String> words = new ArrayList<>(List.of(
                "env",
                "-i",
                "-C",
                "/",
                "PATH=" + launcher().getParent() + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin",
                "HOME=" + home,
                "LC_ALL=C.UTF-8",
                "TIDEMARK_CONFIG=" + configuration,
                "TIDEMARK_JAVA_OPTIONS=-XX:TieredStopAtLevel=1"));
        words.addAll(program);
        return OperatingUser.current().command(words);
    }

    /** Commands that are to succeed; what they print. */
    String must(String commands) throws IOException, InterruptedException {
        Path output = Files.createTempFile("operator", ".out");
        try {
            Process process = new ProcessBuilder(command(List.of("bash", "-e", "-c", commands)))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
            process.destroyForcibly();
            String printed = Files.readString(output);
            assertThat(ended).as("%s%n%s", commands, printed).isTrue();
            assertThat(process.exitValue()).as("%s%n%s", commands, printed).isZero();
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    /**
     * Waits until a condition holds; an error of a server that is about to start or to end counts as no.
     *
     * @param log what to show where it does not
     */
    static void await(String what, Callable<Boolean> condition, Supplier<String> log) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        String error = "";
        while (System.nanoTime() < end) {
            try {
                if (condition.call()) {
                    return;
                }
                error = "";
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                error = " (" + e + ")";
            }
            Thread.sleep(100);
        }
        throw new AssertionError("waited " + LIMIT + " until " + what + error + "\n" + log.get());
    }
}
