// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.gcs.GcsServer;

@Order(1) // among the longest
@InTurn
class GcsStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        GcsServer server = GcsServer.start().withBucket("backups");
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) {
                return new StoreSite(
                        "gs://backups/production",
                        Map.of("endpoint", server.endpoint().toString(), "credentials", "none"),
                        List.of());
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
