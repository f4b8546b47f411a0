// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.postgres.ServerAddress;

class PasswordFileTest {
    @TempDir
    Path home;

    private Path file = Path.of("");

    @BeforeEach
    void write() throws IOException {
        file = home.resolve(".pgpass");
        Files.writeString(file, """
                # db1:5432:*:tidemark:commented
                db1:5433:*:tidemark:otherport
                db1:5432:replication:tidemark:back\\\\slash\\:colon
                localhost:*:*:tidemark:bysocket
                \\:\\:1:5432:main:tidemark:six
                *:*:*:anyone:star
                """);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void theFirstLineThatFitsGivesThePassword() {
        assertThat(find("db1", "tidemark", "replication", "main")).isEqualTo("back\\slash:colon");
        assertThat(find("db1", "tidemark", "main")).isEqualTo("none");
        assertThat(find("::1", "tidemark", "main")).isEqualTo("six");
        assertThat(find("db7", "anyone", "main")).isEqualTo("star");
    }

    @Test
    void aDefaultSocketDirectoryIsLookedUpAsLocalhost() {
        assertThat(find("/var/run/postgresql", "tidemark", "main")).isEqualTo("bysocket");
        assertThat(find("/elsewhere", "tidemark", "main")).isEqualTo("none");
    }

    @Test
    void aFileThatOthersMayReadIsNotUsedAndThatIsSaid() throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        PasswordFile found = PasswordFile.find(file, new ServerAddress("db7", 5432), Set.of("main"), "anyone");

        assertThat(found.value()).isEmpty();
        assertThat(found.remark()).contains("0600");
    }

    private String find(String host, String user, String... databases) {
        return PasswordFile.find(file, new ServerAddress(host, 5432), Set.of(databases), user)
                .value()
                .orElse("none");
    }
}
