// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;

class TargetClaimTest {
    private static final RestoreMarker MARKER =
            new RestoreMarker(new SystemIdentifier(7), "20261120T063011Z", Instant.parse("2026-11-20T07:00:00Z"));

    @TempDir
    private Path temporary;

    private Path data = Path.of("/");
    private Path fast = Path.of("/");

    @BeforeEach
    void namePlaces() {
        data = temporary.resolve("data");
        fast = temporary.resolve("fast");
    }

    private static TargetTree tree(Path data, Path... tablespaces) {
        List<TargetDirectory> directories = new ArrayList<>();
        directories.add(new TargetDirectory.DataDirectory(data, 1));
        for (int i = 0; i < tablespaces.length; i++) {
            directories.add(new TargetDirectory.Tablespace(
                    new TablespacePlace(16384 + i, Optional.empty(), "/mnt/fast", 1), tablespaces[i], true));
        }
        return new TargetTree(directories);
    }

    private static TargetClaim claim(TargetTree tree) throws IOException {
        return TargetClaim.take(tree, FileOwner.current(), MARKER);
    }

    @Test
    void missingDirectoriesAreMadeAndMarkedUntilTheEnd() throws IOException {
        try (TargetClaim claim = claim(tree(data, fast))) {
            assertThat(RestoreMarker.find(data)).contains(MARKER);
            assertThat(RestoreMarker.find(fast)).contains(MARKER);
            claim.release();
        }
        assertThat(data).isEmptyDirectory();
        assertThat(fast).isEmptyDirectory();
    }

    @Test
    void aClaimThatWasCutOffIsTakenUpAgain() throws IOException {
        claim(tree(data, fast)).close();
        Files.writeString(data.resolve("PG_VERSION"), "15\n");

        claim(tree(data, fast)).close();

        assertThat(data.resolve("PG_VERSION")).exists();
    }

    @Test
    void twoDataDirectoriesDoNotShareTheDirectoryOfATablespace() throws IOException {
        try (TargetClaim claim = claim(tree(data, fast))) {
            assertThatThrownBy(() -> claim(tree(temporary.resolve("other"), fast)))
                    .hasMessageContaining("another restore into '" + fast + "' is under way");
            claim.release();
        }
    }

    @Test
    void twoNamesOfOneDirectoryAreRefused() throws IOException {
        Path disk = Files.createDirectory(temporary.resolve("disk"));
        Path alias = Files.createSymbolicLink(temporary.resolve("alias"), disk);

        assertThatThrownBy(() -> claim(tree(data, disk.resolve("a"), alias.resolve("a"))))
                .hasMessageContaining("another part of the backup");
        assertThatThrownBy(() -> claim(tree(disk.resolve("data"), alias.resolve("data/in"))))
                .hasMessageContaining("another part of the backup");
    }

    @Test
    void aBackupOfAnotherClusterWithTheSameIdIsNotCompleted() throws IOException {
        claim(tree(data)).close();
        RestoreMarker other = new RestoreMarker(new SystemIdentifier(8), MARKER.backupId(), MARKER.started());

        assertThatThrownBy(() -> TargetClaim.take(tree(data), FileOwner.current(), other))
                .hasMessageContaining("of system 7");
        assertThat(RestoreMarker.find(data)).contains(MARKER);
    }

    @Test
    void aDirectoryThatWasFilledAfterItWasLookedAtIsLeftAlone() throws IOException {
        Files.createDirectory(data);
        Files.writeString(data.resolve("letter.txt"), "mine");

        assertThatThrownBy(() -> claim(tree(data))).hasMessageContaining("it holds 'letter.txt'");
        try (var entries = Files.list(data)) {
            assertThat(entries).containsExactly(data.resolve("letter.txt"));
        }
    }

    @Test
    void aMarkerNeverTakesThePlaceOfAnother() throws IOException {
        Files.createDirectory(data);
        MARKER.write(data, FileOwner.current());
        RestoreMarker late = new RestoreMarker(
                MARKER.system(), MARKER.backupId(), MARKER.started().plusSeconds(1));

        assertThatThrownBy(() -> late.write(data, FileOwner.current())).hasMessageContaining("has begun");
        assertThat(RestoreMarker.find(data)).contains(MARKER);
        try (var entries = Files.list(data)) {
            assertThat(entries).hasSize(1);
        }
    }
}
