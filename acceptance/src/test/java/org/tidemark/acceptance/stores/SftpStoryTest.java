// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

class SftpStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        OpenSshServer server = OpenSshServer.start(Serves.SFTP);
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                String key = Files.readString(server.clientKey());
                return new StoreSite(
                        "sftp://" + server.user() + "@127.0.0.1:" + server.port() + server.newDirectory()
                                + "/repository",
                        Map.of(
                                "key-file", SiteFile.copy(directory, server.clientKey()),
                                "known-hosts", SiteFile.copy(directory, server.knownHosts())),
                        List.of(key.substring(60, 120)));
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
