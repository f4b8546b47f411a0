// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import org.tidemark.archiver.WalSource;
import org.tidemark.archiver.spool.RetryPause;
import org.tidemark.catalog.Sha256;
import org.tidemark.cli.config.RepositorySettings;
import org.tidemark.cli.repository.RepositoryAddress;

/** Remembers in the spool which repositories did not answer when they were asked for WAL: each fetch is a process. */
final class SilentRepositories {
    private SilentRepositories() {}

    static WalSource.Memory memory(Path spool, RepositorySettings settings) {
        String name = Sha256.of(RepositoryAddress.of(settings).getBytes(StandardCharsets.UTF_8))
                .hex();
        RetryPause pause = RetryPause.ofReading(spool, name);
        Clock clock = Clock.systemUTC();
        return new WalSource.Memory() {
            @Override
            public boolean isSilent() {
                return pause.lasts(clock);
            }

            @Override
            public void silent() {
                pause.failed(clock);
            }

            @Override
            public void answered() {
                pause.succeeded();
            }
        };
    }
}
