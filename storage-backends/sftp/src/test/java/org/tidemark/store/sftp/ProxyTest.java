// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.RequiredServer;

class ProxyTest {
    private final OpenSshServer server = ServedStore.server();

    @TempDir
    Path directory;

    private ObjectStore through(String proxy, String password) throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), password);
        return ServedStore.open(
                server, server.newDirectory(), Map.of("proxy", proxy, "proxy-password-file", secret.toString()));
    }

    @Test
    void anHttpProxyIsUsedWithItsPassword() throws Exception {
        try (ConnectProxy proxy = ConnectProxy.start("me", "let me through");
                ObjectStore store = through("http://me@127.0.0.1:" + proxy.port(), "let me through")) {
            put(store, "main/a", new byte[] {1});

            assertThat(read(store, "main/a")).containsExactly(1);
            assertThat(proxy.tunnels()).isEqualTo(1);
        }
    }

    @Test
    void aProxyThatRefusesIsToldWithoutThePassword() throws Exception {
        try (ConnectProxy proxy = ConnectProxy.start("me", "let me through");
                ObjectStore store = through("http://me@127.0.0.1:" + proxy.port(), "wrong-4711")) {
            assertThatThrownBy(() -> store.stat(key("a")))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("Proxy Authentication Required")
                    .hasMessageNotContaining("4711");
            assertThat(proxy.tunnels()).isZero();
        }
    }

    /** OpenSSH's client is such a proxy. */
    @Test
    void aSocksProxyIsUsed() throws Exception {
        int port = FreePort.next();
        Path key = directory.resolve("key");
        Path authorized = OpenSshServer.newKey(key, "ed25519", "");
        List<String> more = List.of("AllowTcpForwarding yes", "AuthorizedKeysFile " + authorized);
        try (OpenSshServer relay = OpenSshServer.start(Serves.SHELL, more)) {
            List<String> ssh = List.of(
                    RequiredServer.program("ssh", "apt-get install openssh-client")
                            .toString(),
                    "-F",
                    "none",
                    "-N",
                    "-D",
                    "127.0.0.1:" + port,
                    "-p",
                    "" + relay.port(),
                    "-i",
                    key.toString(),
                    "-o",
                    "UserKnownHostsFile=" + relay.knownHosts(),
                    relay.user() + "@127.0.0.1");
            try (BackgroundServer proxy = BackgroundServer.start(ssh, directory.resolve("log"), Map.of())) {
                proxy.awaitPort(port, Duration.ofSeconds(20));
                try (ObjectStore store = through("socks5://127.0.0.1:" + port, "unused")) {
                    put(store, "main/a", new byte[] {1});
                    assertThat(read(store, "main/a")).containsExactly(1);
                }
                try (ObjectStore store = through("socks5://127.0.0.1:" + FreePort.next(), "unused")) {
                    assertThatThrownBy(() -> store.stat(key("a"))).isInstanceOf(StorageUnavailable.class);
                }
            }
        }
    }
}
