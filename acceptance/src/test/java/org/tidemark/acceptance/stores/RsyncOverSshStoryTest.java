// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.RequiredServer;

@FurtherServer
@InTurn
class RsyncOverSshStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        RequiredServer.program("rsync", "apt-get install rsync");
        // With it bash does not take itself for a login, and leaves the user's own start-up files alone.
        OpenSshServer server = OpenSshServer.start(Serves.SHELL, List.of("SetEnv SHLVL=2"));
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                return new StoreSite(
                        "rsync+ssh://" + server.user() + "@127.0.0.1:" + server.port() + server.newDirectory()
                                + "/repository",
                        Map.of(
                                "single-writer",
                                "true",
                                "key-file",
                                SiteFile.copy(directory, server.clientKey()),
                                "known-hosts",
                                SiteFile.copy(directory, server.knownHosts())),
                        SiteFile.privateLines(server.clientKey()));
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
