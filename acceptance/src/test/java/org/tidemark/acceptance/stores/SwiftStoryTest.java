// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.SwiftServer;

@InTurn
class SwiftStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        SwiftServer server = SwiftServer.shared();
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                return new StoreSite(
                        "swift://" + server.newContainer() + "/production",
                        Map.of(
                                "single-writer",
                                "true",
                                "auth-url",
                                server.authUrl(),
                                "user",
                                SwiftServer.WRITER,
                                "password-file",
                                SiteFile.secret(directory, "swift-password", SwiftServer.WRITER_KEY)),
                        List.of(SwiftServer.WRITER_KEY));
            }

            @Override
            public void close() {
                // The server is shared by the tests of this JVM.
            }
        };
    }
}
