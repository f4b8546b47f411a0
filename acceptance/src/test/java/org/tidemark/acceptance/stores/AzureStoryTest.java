// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Order;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.InTurn;

@Order(1) // among the longest
@InTurn
class AzureStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        AzuriteServer server = AzuriteServer.inMemory();
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                return new StoreSite(
                        "azure://" + AzuriteServer.ACCOUNT + "/c" + UUID.randomUUID() + "/production",
                        Map.of(
                                "endpoint",
                                server.endpoint(),
                                "account-key-file",
                                SiteFile.secret(directory, "azure-key", server.key())),
                        List.of(server.key()));
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
