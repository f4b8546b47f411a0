// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DecidingVariablesTest {
    @Test
    void theLauncherLooksAtTheSameOnes() throws Exception {
        String launcher = Files.readString(Path.of("../dist/src/launcher/tidemark"));
        int begin = launcher.indexOf("# The same ones as in DecidingVariables.\n");
        String patterns = launcher.substring(launcher.indexOf('\n', begin), launcher.indexOf(')', begin));

        assertThat(new TreeSet<>(Pattern.compile("[ \n|\\\\]+")
                        .splitAsStream(patterns)
                        .filter(each -> !each.isEmpty())
                        .toList()))
                .isEqualTo(DecidingVariables.patterns());
    }

    @Test
    void thoseThatDifferWithEachCallAreNotAmongThem() {
        assertThat(DecidingVariables.of(Map.of(
                                "SUDO_COMMAND", "tidemark wal-push",
                                "INVOCATION_ID", "1",
                                "TIDEMARK_PARENT", "1",
                                "TIDEMARK_LOOKED_AT", "/var/spool/tidemark",
                                "https_proxy", "http://proxy",
                                "TIDEMARK_CONFIG", "/etc/tidemark.toml",
                                "HOME", "/root"))
                        .keySet())
                .containsExactly("HOME", "TIDEMARK_CONFIG", "https_proxy");
    }

    @Test
    void aStoreThatReadsOthersIsKnown() {
        assertThat(DecidingVariables.include(List.of("AWS_", "HOME", "OS_AUTH_URL")))
                .isTrue();
        assertThat(DecidingVariables.include(List.of("AWS_", "MY_STORE_"))).isFalse();
    }
}
