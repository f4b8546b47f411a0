// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.Secret;

class AskpassTest {
    @TempDir
    Path directory;

    /** Asks as the ssh that we started does, or as one that it started. */
    private static String answer(Askpass askpass, boolean ours, String prompt) throws Exception {
        Map<String, String> environment = new HashMap<>();
        askpass.addTo(environment);
        String program = Objects.requireNonNull(environment.get("SSH_ASKPASS"));
        // What follows the program keeps a shell from becoming it.
        String ask = ours
                ? "read go; \"$0\" \"$1\"; exit $?"
                : "read go; sh -c '\"$0\" \"$1\"; exit $?' \"$0\" \"$1\"; exit $?";
        Process asking = new ProcessBuilder("/bin/sh", "-c", ask, program, prompt)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        askpass.answerOnly(asking.pid());
        asking.getOutputStream().write('\n');
        asking.getOutputStream().close();
        String answer = new String(asking.getInputStream().readAllBytes(), UTF_8);
        assertThat(asking.waitFor() == 0).isEqualTo(!answer.isEmpty());
        return answer;
    }

    private static SshLogin login(Map<String, String> secrets) {
        return SshLogin.of(
                path -> Optional.empty(),
                name -> Optional.ofNullable(secrets.get(name)).map(Secret::new));
    }

    @Test
    void eachSecretAnswersItsOwnQuestionOfOurOwnSshAlone() throws Exception {
        SshLogin login = login(Map.of("password", "open sesame", "key-passphrase", "abracadabra"));
        try (Askpass askpass = Askpass.prepare(List.of(directory), login)) {
            assertThat(answer(askpass, true, "me@host's password: ")).isEqualTo("open sesame");
            assertThat(answer(askpass, true, "(me@host) Password: ")).isEqualTo("open sesame");
            assertThat(answer(askpass, true, "Enter passphrase for key '/k': ")).isEqualTo("abracadabra");
            assertThat(answer(askpass, true, "Enter PIN for ED25519-SK key /k: "))
                    .isEmpty();
            assertThat(answer(askpass, false, "me@jump's password: ")).isEmpty();
            assertThat(answer(askpass, false, "Enter passphrase for key '/k': "))
                    .isEmpty();
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aDirectoryInWhichNoProgramMayRunIsPassedOver() throws Exception {
        Path forbidding = Files.createDirectory(directory.resolve("noexec"));
        Path other = Files.createDirectory(directory.resolve("other"));
        int mounted = run("mount", "-t", "tmpfs", "-o", "noexec", "none", forbidding.toString());
        assumeTrue(mounted == 0, "only root can mount, and not in every container");
        SshLogin login = login(Map.of("password", "open sesame"));
        try {
            try (Askpass askpass = Askpass.prepare(List.of(forbidding, other), login)) {
                assertThat(answer(askpass, true, "me@host's password: ")).isEqualTo("open sesame");
            }
            assertThatThrownBy(() -> Askpass.prepare(List.of(forbidding), login))
                    .hasMessageContaining("a program can be written and run");
            assertThat(forbidding).isEmptyDirectory();
        } finally {
            run("umount", forbidding.toString());
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
