// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.RsyncDaemon;

@InTurn
class RsyncStoryTest extends StoreStory {
    @TempDir
    private static Path home;

    @Override
    protected StoreHost startHost() {
        RsyncDaemon daemon = RsyncDaemon.start(home);
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                return new StoreSite(
                        "rsync://" + RsyncDaemon.USER + "@127.0.0.1:" + daemon.port() + "/"
                                + RsyncDaemon.Module.WRITABLE + "/" + UUID.randomUUID(),
                        Map.of(
                                "single-writer",
                                "true",
                                "password-file",
                                SiteFile.secret(directory, "rsync-password", RsyncDaemon.PASSWORD)),
                        List.of(RsyncDaemon.PASSWORD));
            }

            @Override
            public void close() {
                daemon.close();
            }
        };
    }
}
