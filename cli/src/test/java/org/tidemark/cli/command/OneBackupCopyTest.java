// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.core.ExitCode;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;

/** A copy of one backup is a repository like any other: the backup alone can be restored from it. */
class OneBackupCopyTest extends TwoRepositories {
    private String tape = "";

    @BeforeEach
    void threeRepositories() throws IOException {
        unpackGolden();
        configure("", "");
        Path directory = Files.createDirectory(root.resolve("tape"));
        tape = directory.toUri().toString();
        try (ObjectStore store = new FileSystemStoreProvider().open(directory.toUri(), Map.of())) {
            Repository.create(store, Clock.systemUTC());
        }
    }

    @Test
    void itHasWhatTheBackupNeedsAndNothingElse() {
        must("sync", "local", tape, "--backup", "oldest");

        assertThat(must("list-backup", "--repository", tape).data())
                .contains(OLDER)
                .doesNotContain(LATEST);
        must("verify", "--repository", tape, "--all");
        must("recover", "--repository", tape, "--to", root.resolve("restored").toString(), "--dry-run");

        assertThat(must("sync", "local", tape, "--backup", OLDER).data()).contains("nothing to copy");
        must("sync", "local", tape, "--backup", LATEST, "--quick");
        assertThat(must("list-backup", "--repository", tape).data()).contains(OLDER, LATEST);
    }

    @Test
    void whatIsNotThereOrNotMeantIsRefused() {
        assertThat(run("sync", "local", tape, "--backup", "19990101T000000Z").status())
                .isEqualTo(ExitCode.NO_BACKUP.status());
        assertThat(run("sync", "--backup", OLDER).status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(run("sync", "local", tape, "--backup", OLDER, "--dry-run").status())
                .isEqualTo(ExitCode.USAGE.status());
        assertThat(run("sync", "local", "local", "--backup", OLDER).status()).isEqualTo(ExitCode.USAGE.status());
    }
}
