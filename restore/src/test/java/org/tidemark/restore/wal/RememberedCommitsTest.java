// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.WrittenTimes.Commits;

class RememberedCommitsTest {
    private static final Instant STORED = Instant.parse("2026-11-20T10:00:00.123456789Z");
    private static final Commits QUIET = new Commits(Optional.empty());
    /** An xid of more than 31 bits. */
    private static final Commits BUSY = new Commits(
            Optional.of(new LastCommit(-7, Instant.parse("2026-11-20T09:59:58.000001Z"), Lsn.parse("A/FF000028"))));

    @TempDir
    private Path directory;

    private static Segment segment(long index) {
        return Segment.of(Timeline.FIRST, index, WalSegmentSize.DEFAULT);
    }

    private RememberedCommits memory() {
        return new RememberedCommits(directory.resolve("spool/commits"));
    }

    @Test
    void aSegmentIsRememberedWhileItsObjectIsTheSame() {
        memory().remember(segment(1), STORED, true, QUIET);
        memory().remember(segment(2), STORED, true, BUSY);

        assertThat(memory().of(segment(1), STORED, true)).contains(QUIET);
        assertThat(memory().of(segment(2), STORED, true)).contains(BUSY);
        assertThat(memory().of(segment(2), STORED.plusNanos(1), true)).isEmpty();
        assertThat(memory().of(segment(3), STORED, true)).isEmpty();
        assertThat(memory().of(segment(2), STORED, false)).isEmpty();
    }

    @Test
    void theOldestIsForgottenAndADamagedFileIsNone() throws IOException {
        for (int i = 0; i < 70; i++) {
            memory().remember(segment(i), STORED, true, BUSY);
        }

        assertThat(memory().of(segment(5), STORED, true)).isEmpty();
        assertThat(memory().of(segment(6), STORED, true)).contains(BUSY);
        byte[] content = Files.readAllBytes(memory().file());
        content[content.length / 2] ^= 1;
        Files.write(memory().file(), content);
        assertThat(memory().of(segment(69), STORED, true)).isEmpty();
        memory().remember(segment(1), STORED, true, BUSY);
        assertThat(memory().of(segment(1), STORED, true)).contains(BUSY);
    }
}
