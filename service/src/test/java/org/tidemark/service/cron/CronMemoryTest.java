// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ClusterName;

class CronMemoryTest {
    private static final Instant NOW = Instant.parse("2026-11-21T02:30:00Z");

    @TempDir
    private Path directory;

    private CronMemory memory;

    @BeforeEach
    void aHostWithoutASpool() {
        memory = new CronMemory(directory.resolve("spool"), new ClusterName("main"));
    }

    /** Otherwise an attempt of the first call that is killed would be one of another host, for a day. */
    @Test
    void theFirstCallStoresTheIdOfTheSpool() {
        assertThat(memory.spoolId()).isEqualTo(memory.spoolId());
    }

    /** As S3 says it each minute, with the id of the request. */
    @Test
    void aProblemIsTheSameWhateverTheIdOfTheRequest() {
        memory.spoolId();
        assertThat(memory.isTold("verify", "s3://wal is denied: 403 (Denied, request 4442587FB7D0A2F9)", NOW))
                .isFalse();

        assertThat(memory.isTold(
                        "verify", "s3://wal is denied: 403 (Denied, request tx00a-0b-zone)", NOW.plusSeconds(60)))
                .isTrue();
        assertThat(memory.isTold("verify", "s3://wal is not reachable", NOW.plusSeconds(120)))
                .isFalse();
        assertThat(memory.isTold("verify", "s3://wal is not reachable", NOW.plusSeconds(3720)))
                .isFalse();
    }
}
