// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** That a story's watch would notice a secret. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "processes are looked at in /proc")
class ProcessWatchTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Test
    void aSecretInTheArgumentsOfAProcessIsFoundAndOneInItsEnvironmentIsNot() throws Exception {
        String argument = "pässword-" + UUID.randomUUID();
        String variable = "variable-" + UUID.randomUUID();
        String other = "elsewhere-" + UUID.randomUUID();
        try (ProcessWatch watch = new ProcessWatch(List.of(argument, variable, other))) {
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", "sleep 60; :", "--key=" + argument + ":rest");
            builder.environment().put("SECRET", variable);
            Process process = builder.start();
            try {
                await().atMost(LIMIT).until(() -> !watch.found().isEmpty());
            } finally {
                end(process);
            }

            assertThat(watch.found()).containsExactly(argument);
        }
    }

    @Test
    void aProcessThatBecomesAnotherProgramIsLookedAtAgain() throws Exception {
        String secret = "secret-" + UUID.randomUUID();
        try (ProcessWatch watch = new ProcessWatch(List.of(secret))) {
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", "sleep 4; exec sh -c 'sleep 60; :' \"$SECRET\"");
            builder.environment().put("SECRET", secret);
            Process process = builder.start();
            try {
                await().atMost(LIMIT).until(() -> watch.found().contains(secret));
            } finally {
                end(process);
            }
        }
    }

    private static void end(Process process) throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
    }
}
