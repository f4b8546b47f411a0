// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveCommandTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "tidemark wal-push %p",
                "/opt/tidemark/bin/tidemark wal-push %p --cluster main",
                "'/opt/tide mark/tidemark' wal-push %p",
                "TIDEMARK_CONFIG=/etc/tm.toml /usr/bin/tidemark wal-push %p",
                "env HOME=/var/lib/postgresql \"/opt/tidemark\" wal-push %p",
                "test ! -e /maintenance && cp %p /mnt/%f && tidemark wal-push %p",
                "tidemark wal-push %p || exit 1",
                "tidemark wal-push %p && logger archived %f",
                "(tidemark wal-push %p)",
                "tidemark wal-push %p;",
                "tidemark wal-push %p 2>&1 # true"
            })
    void anyCallOfOurWalPushIsOurs(String command) {
        assertThat(ArchiveCommand.of(command)).isEqualTo(new ArchiveCommand(true, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/bin/true",
                "pgbackrest --stanza=main archive-push %p",
                "cp %p /mnt/tidemark/wal-push/%f",
                "cp %p /mnt/%f # tidemark wal-push %p",
                "# tidemark wal-push %p",
                "barman-tidemark wal-push %p",
                "tidemark wal-pushed %p"
            })
    void anotherProgramIsNot(String command) {
        assertThat(ArchiveCommand.of(command).callsWalPush()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tidemark wal-push %p || true",
                "tidemark wal-push %p; true",
                "tidemark wal-push %p; exit 0",
                "tidemark wal-push %p || :",
                "tidemark wal-push %p &",
                "tidemark wal-push %p || /bin/true"
            })
    void oneThatAlwaysSucceedsIsToldApart(String command) {
        assertThat(ArchiveCommand.of(command)).isEqualTo(new ArchiveCommand(true, true));
    }
}
