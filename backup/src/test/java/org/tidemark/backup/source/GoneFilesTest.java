// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LocalFiles;
import org.tidemark.core.UserFacingException;

class GoneFilesTest {
    @TempDir
    private Path root;

    @Test
    void aTableThatIsThereAgainWasAwayWhileItWasToBeRead() throws IOException {
        Path base = Files.createDirectories(root.resolve("base/5"));
        Path dropped = base.resolve("16384");
        Path away = Files.createFile(base.resolve("16385.1"));
        GoneFiles gone = new GoneFiles(new LocalFiles(), root.toString());
        gone.add(dropped.toString());
        for (String replaced : List.of("postgresql.auto.conf", "pg_logical/replorigin_checkpoint", "base/5/16385_vm")) {
            Path file = root.resolve(replaced);
            Files.createDirectories(file.resolveSibling(""));
            Files.createFile(file);
            gone.add(file.toString());
        }
        gone.requireGone();

        gone.add(away.toString());

        UserFacingException told = catchThrowableOfType(UserFacingException.class, gone::requireGone);
        assertThat(told.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED);
        assertThat(told).hasMessageContaining("'" + away + "' could not be read");
    }
}
