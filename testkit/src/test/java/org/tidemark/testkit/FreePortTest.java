// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreePortTest {
    /** Without the locks two such draws have a dozen ports in common. */
    private static final int PORTS = 500;

    /** Draws ports, and keeps them until its input ends. */
    static final class Draw {
        public static void main(String[] args) throws Exception {
            for (int i = 0; i < PORTS; i++) {
                System.out.println(FreePort.next());
            }
            System.out.flush();
            while (System.in.read() >= 0) {
                // Nothing is sent.
            }
        }
    }

    @Test
    void noPortIsGivenToTwoJvmsAtATime() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Draw.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader reader = other.inputReader()) {
            List<Integer> theirs = new ArrayList<>();
            for (int i = 0; i < PORTS; i++) {
                theirs.add(Integer.valueOf(reader.readLine()));
            }

            Set<Integer> ours = new HashSet<>();
            for (int i = 0; i < PORTS; i++) {
                ours.add(FreePort.next());
            }

            assertThat(ours).hasSize(PORTS).doesNotContainAnyElementsOf(theirs);
        } finally {
            other.destroyForcibly();
        }
    }
}
