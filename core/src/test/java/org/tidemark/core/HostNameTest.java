// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class HostNameTest {
    @Test
    void itIsWhatUnamePrints() throws Exception {
        assertThat(ended(List.of("uname", "-n"))).isEqualTo(new Ended(0, HostName.ofThisMachine()));
    }

    /** Under a name that no table knows, as containers and machines without a line in /etc/hosts have it. */
    @Test
    void aNameWithoutAnAddressIsAName() throws Exception {
        Assumptions.assumeTrue(
                ended(List.of("unshare", "--user", "--map-root-user", "--uts", "true"))
                                .status()
                        == 0,
                "a namespace for a host name of its own cannot be made here");

        Ended asked = ended(List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--uts",
                "sh",
                "-c",
                "echo without.address.invalid > /proc/sys/kernel/hostname; exec \"$0\" -cp \"$1\" \"$2\"",
                System.getProperty("java.home") + "/bin/java",
                System.getProperty("java.class.path"),
                Asked.class.getName()));

        assertThat(asked).isEqualTo(new Ended(0, "without.address.invalid"));
    }

    private record Ended(int status, String output) {}

    private static Ended ended(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return new Ended(process.waitFor(), output);
    }

    static final class Asked {
        private Asked() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println(HostName.ofThisMachine());
        }
    }
}
