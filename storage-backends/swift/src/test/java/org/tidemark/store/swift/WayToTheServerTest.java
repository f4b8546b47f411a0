// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SwiftServer;
import org.tidemark.testkit.TlsFront;

/** Certificates and proxies. */
@InTurn
class WayToTheServerTest {
    private final SwiftServer server = SwiftServer.shared();

    @TempDir
    Path directory;

    @Test
    void aCertificateIsTrustedWhereTheOperatorNamesWhoSignedIt() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 500_000);
        try (TlsFront front = TlsFront.before(server.port(), directory);
                ObjectStore store = SwiftStores.open(
                        server.newContainer(),
                        SwiftServer.WRITER,
                        "auth-url",
                        "https://127.0.0.1:" + front.port() + "/auth/v1.0",
                        "storage-url",
                        "https://127.0.0.1:" + front.port() + "/v1/AUTH_archive",
                        "ca-file",
                        front.certificate().toString())) {
            put(store, "main/a", bytes);

            assertThat(read(store, "main/a")).isEqualTo(bytes);
        }
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefused() throws Exception {
        try (TlsFront front = TlsFront.before(server.port(), directory);
                ObjectStore store = SwiftStores.open(
                        "any", SwiftServer.WRITER, "auth-url", "https://127.0.0.1:" + front.port() + "/auth/v1.0")) {
            assertThatThrownBy(() -> store.stat(key("main/a")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("'ca-file'");
        }
    }

    @Test
    void anExpiredCertificateIsRefusedAlsoIfTheOperatorNamesIt() throws Exception {
        try (TlsFront front = TlsFront.expired(directory);
                ObjectStore store = SwiftStores.open(
                        "any",
                        SwiftServer.WRITER,
                        "auth-url",
                        "https://127.0.0.1:" + front.port() + "/auth/v1.0",
                        "ca-file",
                        front.certificate().toString())) {
            assertThatThrownBy(() -> store.stat(key("main/a")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("the server's certificate expired at ");
        }
    }

    @Test
    void everyRequestGoesThroughTheProxyThatIsConfigured() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 500_000);
        try (ForwardProxy proxy = ForwardProxy.start();
                ObjectStore store = SwiftStores.open(
                        server.newContainer(), SwiftServer.WRITER, "proxy", "http://127.0.0.1:" + proxy.port())) {
            put(store, "main/a", bytes);
            assertThat(read(store, "main/a")).isEqualTo(bytes);
            store.delete(List.of(key("main/a")));

            // A login; a create and its reading back; a read; a deletion.
            assertThat(proxy.requests()).isEqualTo(5);
        }
    }
}
