// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.FreePort;

/** {@code docs/start/README.md}, every block, and the lines of cron that it names. */
class StartPageTest {
    @Test
    void everyBlockOfThePageWorks() throws Exception {
        try (PageHost host = new PageHost()) {
            host.replace("5499", Integer.toString(FreePort.next()));

            host.follow("docs/start/README.md");

            assertThat(host.printed())
                    .contains("protected")
                    .doesNotContain("NOT FULLY PROTECTED")
                    .containsPattern("id \\n-+\\n +1\\n\\(1 row\\)")
                    .contains("no problem");
            assertThat(host.run("root", "stat -c '%U:%G %a' /etc/tidemark/tidemark.toml /var/lib/tidemark"))
                    .isEqualTo("root:postgres 640\npostgres:postgres 700\n");
            everyLineOfCronRunsAndPrintsNothing(host);
        }
    }

    /** By cron's shell, with an environment like cron's, for the cluster that the page has protected. */
    private static void everyLineOfCronRunsAndPrintsNothing(PageHost host) throws Exception {
        List<String> lines =
                Files.readAllLines(PageHost.CHECKOUT.resolve("examples/local-directory/tidemark.cron")).stream()
                        .filter(line -> line.matches("[0-9*].*"))
                        .toList();
        assertThat(lines).hasSize(2);
        for (String line : lines) {
            List<String> fields = List.of(line.split(" +", 7));
            assertThat(host.run(
                            fields.get(5),
                            "exec env -i SHELL=/bin/sh PATH=/usr/bin:/bin HOME=/ LOGNAME=postgres"
                                    + " PGPORT=$PGPORT TIDEMARK_CONFIG=\"$TIDEMARK_CONFIG\" XDG_STATE_HOME=\"$XDG_STATE_HOME\""
                                    + " /bin/sh <<'LINE'\n"
                                    + fields.get(6)
                                    + "\nLINE\n"))
                    .as(line)
                    .isEmpty();
        }
    }
}
