// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
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
        assertThat(run(
                                "recover",
                                "--repository",
                                tape,
                                "--to",
                                root.resolve("restored").toString(),
                                "--target-immediate",
                                "--dry-run")
                        .data())
                .contains("backup    " + OLDER, "complete", "reachable: yes");

        assertThat(must("sync", "local", tape, "--backup", OLDER).data()).contains("nothing to copy");
        must("sync", "local", tape, "--backup", LATEST, "--quick");
        assertThat(must("list-backup", "--repository", tape).data()).contains(OLDER, LATEST);
    }

    @Test
    void whatVerifyFoundDamagedThereIsRepairedAndNeverCalledTheSame() throws IOException {
        must("sync", "local", tape, "--backup", OLDER);
        Path wal;
        try (Stream<Path> files = Files.walk(root.resolve("tape/main/7312089945514410/wal"))) {
            wal = files.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(wal);
        bytes[bytes.length / 2] ^= 1;
        Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rw-------"));
        Files.write(wal, bytes);
        assertThat(run("verify", "--repository", tape, "--all").status()).isEqualTo(ExitCode.NO.status());

        assertThat(must("sync", "local", tape, "--backup", OLDER).data()).contains("repaired");

        must("verify", "--repository", tape, "--all");
    }

    @Test
    void whatTheOtherRepositoryCannotKeepIsNotCopied() throws IOException {
        must("sync", "local", tape, "--backup", OLDER);
        Path description = root.resolve("tape/main/7312089945514410/catalog/" + OLDER + "/backup.json");
        String before = Files.readString(description);
        Files.setPosixFilePermissions(description, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(description, before.replace("full", "fool"));
        assertThat(run("sync", "local", tape, "--backup", OLDER).status()).isEqualTo(ExitCode.DAMAGED.status());
        Files.writeString(description, before);

        must("delete", OLDER, "--repository", tape, "--force");
        ProgramRun removed = run("sync", "local", tape, "--backup", OLDER);
        assertThat(removed.status()).isEqualTo(ExitCode.NO.status());
        assertThat(removed.talk()).contains("was removed from");

        configure("", "retention = 'REDUNDANCY 1'");
        ProgramRun expiring = run("sync", "local", "offsite", "--backup", OLDER);
        assertThat(expiring.status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(expiring.talk()).contains("has a retention policy");
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
