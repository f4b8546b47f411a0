// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.ssh.RemoteCommand.Program;
import org.tidemark.testkit.Rounds;

class RemoteCommandTest {
    private static final String CHARACTERS = "ab '\"\\$`!*?[]{}()<>|&;#~=%\n\t-é";

    @Test
    void everyWordArrivesAtAShellAsItIs() throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(30, 300); round++) {
            List<String> words = new ArrayList<>(List.of("printf", "%s\\0"));
            words.addAll(List.of("", "'", "a'b''c", "-n", "--", "$(id)", "~"));
            for (int word = random.nextInt(4); word >= 0; word--) {
                words.add(text(random));
            }

            Process shell = new ProcessBuilder("/bin/sh", "-c", new Program(words).quoted()).start();
            String printed = new String(shell.getInputStream().readAllBytes(), UTF_8);

            assertThat(printed.split("\0", -1))
                    .startsWith(words.subList(2, words.size()).toArray(String[]::new))
                    .hasSize(words.size() - 1);
        }
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(12); length > 0; length--) {
            text.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
        }
        return text.toString();
    }
}
