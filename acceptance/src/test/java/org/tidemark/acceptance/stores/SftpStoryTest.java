// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

@InTurn
class SftpStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        OpenSshServer server = OpenSshServer.start(Serves.SFTP);
        return new StoreHost() {
            @Override
            public StoreSite newSite(Path directory) throws IOException {
                String passphrase = "it opens the key: " + UUID.randomUUID();
                Path key = directory.resolve("key");
                server.authorize(OpenSshServer.newKey(key, "ed25519", passphrase));
                List<String> secrets = new ArrayList<>(SiteFile.privateLines(key));
                secrets.add(passphrase);
                return new StoreSite(
                        "sftp://" + server.user() + "@127.0.0.1:" + server.port() + server.newDirectory()
                                + "/repository",
                        Map.of(
                                "key-file", key.toString(),
                                "key-passphrase-file", SiteFile.secret(directory, "passphrase", passphrase),
                                "known-hosts", SiteFile.copy(directory, server.knownHosts())),
                        secrets);
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
