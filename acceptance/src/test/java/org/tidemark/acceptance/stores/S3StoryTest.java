// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.InTurn;

/** S3Proxy in front of a directory: it checks signatures. */
@Order(1) // among the longest
@InTurn
class S3StoryTest extends StoreStory {
    @TempDir
    private static Path home;

    @Override
    protected StoreHost startHost() throws IOException {
        return host(home);
    }

    @Override
    protected boolean isWhole() {
        return true;
    }

    static StoreHost host(Path home) throws IOException {
        S3ProxyProcess server = S3ProxyProcess.start(home);
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                return new StoreSite(
                        server.url("production"), server.options(directory), List.of(S3ProxyProcess.SECRET));
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
