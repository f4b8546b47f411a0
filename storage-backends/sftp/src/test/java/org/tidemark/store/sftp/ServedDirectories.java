// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.DirectoryStores;
import org.tidemark.testkit.OpenSshServer;

/** Those that sshd serves. */
final class ServedDirectories implements DirectoryStores {
    private final OpenSshServer server = ServedStore.server();

    @Override
    public Path newDirectory() {
        return server.newDirectory();
    }

    @Override
    public ObjectStore open(Path root) {
        return ServedStore.open(server, root, Map.of());
    }

    @Override
    public void createRoot(Path root) throws IOException {
        new SftpStoreProvider()
                .createRoot(ServedStore.address(server, server.port(), root), ServedStore.options(server, Map.of()));
    }
}
