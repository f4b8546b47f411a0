// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.archiver.queue.RetryPause;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.RepositoryAddress;
import org.tidemark.core.Sha256;

/** Records in the spool which repositories did not answer a fetch, since each fetch is a new process. */
final class SilentRepositories {
    private static final Duration SHORT = Duration.ofSeconds(30);

    private SilentRepositories() {}

    /** With several repositories: how long a silent one is asked last. */
    static WalSource.Memory memory(Path spool, RepositorySettings settings, Clock clock) {
        return WalSource.Memory.of(RetryPause.ofReading(spool, name(settings)), clock);
    }

    /** With one repository, for a standby that asks every few seconds. */
    static WalSource.Memory shortMemory(Path spool, RepositorySettings settings, Clock clock) {
        return WalSource.Memory.of(RetryPause.ofReading(spool, name(settings), SHORT), clock);
    }

    private static String name(RepositorySettings settings) {
        return Sha256.of(RepositoryAddress.of(settings).getBytes(StandardCharsets.UTF_8))
                .hex();
    }
}
