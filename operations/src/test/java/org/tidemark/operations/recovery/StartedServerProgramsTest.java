// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs that would start a restored server, before anything is restored. */
class StartedServerProgramsTest {
    @TempDir
    private Path directory;

    private String pgCtl(String prints) throws IOException {
        Path program = Files.createFile(
                directory.resolve("pg_ctl"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(program, "#!/bin/sh\necho '" + prints + "'\n");
        return program.toString();
    }

    @Test
    void thoseOfTheBackupsMajorVersionStartIt() throws IOException {
        String program = pgCtl("pg_ctl (PostgreSQL) 17.11 (Debian 17.11-1.pgdg12+1)");

        assertThatCode(() -> StartedServer.requirePrograms(program, 17)).doesNotThrowAnyException();
    }

    @Test
    void thoseOfAnotherOneAreRefused() throws IOException {
        String program = pgCtl("pg_ctl (PostgreSQL) 15.20");

        assertThatThrownBy(() -> StartedServer.requirePrograms(program, 17))
                .hasMessageContaining("the backup is of PostgreSQL 17")
                .hasMessageContaining("is: pg_ctl (PostgreSQL) 15.20");
        assertThatThrownBy(() -> StartedServer.requirePrograms(program, 1)).hasMessageContaining("15.20");
    }

    @Test
    void aProgramThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> StartedServer.requirePrograms(
                        directory.resolve("none/pg_ctl").toString(), 17))
                .hasMessageContaining("none/pg_ctl', which would start it, is: ");
    }
}
