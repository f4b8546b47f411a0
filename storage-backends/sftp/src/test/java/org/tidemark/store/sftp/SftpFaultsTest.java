// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.StoreFaultContract;

@InTurn
class SftpFaultsTest extends StoreFaultContract {
    @TempDir
    Path directory;

    private Path root = Path.of("/");

    @Override
    protected int serverPort() {
        return ServedStore.server().port();
    }

    @Override
    protected void newPlace() {
        root = ServedStore.server().newDirectory();
    }

    /** The proxy's port is not in the server's known_hosts, but the name without a port stands for every port. */
    @Override
    protected ObjectStore storeAt(int port, TimeLimits limits) throws Exception {
        OpenSshServer server = ServedStore.server();
        String line = server.knownHostsLine(server.hostKey()).replace("[127.0.0.1]:" + server.port(), "127.0.0.1");
        Path knownHosts = Files.writeString(directory.resolve("known_hosts"), line);
        return ServedStore.open(server, port, root, knownHosts, limits);
    }

    @Override
    protected boolean speaksHttp() {
        return false;
    }
}
