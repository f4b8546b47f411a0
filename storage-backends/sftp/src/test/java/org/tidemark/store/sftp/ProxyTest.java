// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

/** Ways to the server that ssh's own configuration knows. */
class ProxyTest {
    private final OpenSshServer server = ServedStore.server();

    @TempDir
    Path directory;

    private ObjectStore through(String... lines) throws IOException {
        Path configuration = directory.resolve("ssh_config");
        Files.write(configuration, List.of(lines));
        return ServedStore.open(server, server.newDirectory(), Map.of("ssh-config", configuration.toString()));
    }

    @Test
    void aJumpHostIsPassed() throws Exception {
        Path key = directory.resolve("key");
        Path authorized = OpenSshServer.newKey(key, "ed25519", "");
        List<String> more = List.of("AllowTcpForwarding yes", "AuthorizedKeysFile " + authorized);
        try (OpenSshServer relay = OpenSshServer.start(Serves.SHELL, more);
                ObjectStore store = through(
                        "Host relay",
                        "  HostName 127.0.0.1",
                        "  Port " + relay.port(),
                        "  User " + relay.user(),
                        "  IdentityFile " + key,
                        "  UserKnownHostsFile " + relay.knownHosts(),
                        "Host 127.0.0.1",
                        "  ProxyJump relay")) {
            put(store, "main/a", new byte[] {1});

            assertThat(read(store, "main/a")).containsExactly(1);
            assertThat(relay.log()).contains("Accepted publickey for " + relay.user());
        }
    }

    @Test
    void aJumpHostWhoseKeyNobodyKnowsIsNotPassed() throws Exception {
        Path nobody = Files.createFile(directory.resolve("knows-nobody"));
        try (OpenSshServer relay = OpenSshServer.start(Serves.SHELL, List.of("AllowTcpForwarding yes"));
                ObjectStore store = through(
                        "Host relay",
                        "  HostName 127.0.0.1",
                        "  Port " + relay.port(),
                        "  UserKnownHostsFile " + nobody,
                        "Host 127.0.0.1",
                        "  ProxyJump relay")) {
            assertThatThrownBy(() -> store.stat(key("a")))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("no connection to " + store.description());
            assertThat(nobody).as("nothing was learnt").isEmptyFile();
        }
    }

    @Test
    void aProxyThatIsNotThereIsUnavailable() throws Exception {
        try (ObjectStore store = through(
                "Host 127.0.0.1",
                "  ProxyCommand ssh -F none -o BatchMode=yes -W %h:%p -p " + FreePort.next() + " %h")) {
            assertThatThrownBy(() -> store.stat(key("a"))).isInstanceOf(StorageUnavailable.class);
        }
    }
}
