// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TlsFront;

/** Encrypted connections, for which an authority of one's own vouches. */
@InTurn
class AzureEncryptedTest {
    private static AzuriteServer server;

    @TempDir
    Path directory;

    private final byte[] bytes = randomBytes(Rounds.random(), 300_000);

    @BeforeAll
    static void start() {
        server = AzuriteServer.encrypted();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void anAuthorityOfOnesOwnIsTrustedWhereItIsNamed() throws Exception {
        URI address = newContainer();
        try (ObjectStore store = store(address, Map.of())) {
            put(store, "main/object", bytes);
            assertThat(read(store, "main/object")).isEqualTo(bytes);
        }

        AzureConfig usual = Azurite.config(server, address, Map.of());
        try (ObjectStore store = new AzureObjectStore(usual)) {
            assertThatThrownBy(() -> store.stat(key("main/object")))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("PKIX")
                    .hasMessageContaining("ca-file");
        }
    }

    @Test
    void anExpiredCertificateIsRefusedAlsoIfTheOperatorNamesIt() throws Exception {
        try (TlsFront front = TlsFront.expired(directory);
                ObjectStore store = new AzureObjectStore(Azurite.config(
                        server,
                        Azurite.nowhere(),
                        Map.of(
                                "endpoint",
                                "https://127.0.0.1:" + front.port() + "/" + AzuriteServer.ACCOUNT,
                                "ca-file",
                                front.certificate().toString())))) {
            assertThatThrownBy(() -> store.stat(key("main/object")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("the server's certificate expired at ");
        }
    }

    @Test
    void aFileThatHoldsNoCertificateIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("ca.pem"), "no certificate");
        for (Path wrong : new Path[] {file, directory.resolve("missing.pem")}) {
            AzureConfig config = Azurite.config(server, Azurite.nowhere(), Map.of("ca-file", wrong.toString()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new AzureObjectStore(config))
                    .withMessageContaining(wrong.toString())
                    .withMessageContaining("certificates in PEM");
        }
    }

    @Test
    void everythingGoesThroughTheProxyThatIsNamed() throws Exception {
        URI address = newContainer();
        try (TunnelProxy proxy = new TunnelProxy();
                ObjectStore store = store(address, Map.of("proxy", proxy.address()))) {
            put(store, "main/object", bytes);
            assertThat(read(store, "main/object")).isEqualTo(bytes);
            assertThat(proxy.tunnels()).isPositive();
        }
        Map<String, String> nobody = Map.of("proxy", "http://127.0.0.1:" + FreePort.next());
        try (ObjectStore store = store(address, nobody)) {
            assertThatThrownBy(() -> store.stat(key("main/object"))).isInstanceOf(StorageUnavailable.class);
        }
    }

    private static URI newContainer() throws StorageException {
        URI address = Azurite.nowhere();
        AzureConfig config = config(address, Map.of());
        try (AzureContainer container = new AzureContainer(config)) {
            new ContainerCreation(container, config).run();
        }
        return address;
    }

    private static ObjectStore store(URI address, Map<String, String> options) {
        return new AzureObjectStore(config(address, options));
    }

    private static AzureConfig config(URI address, Map<String, String> options) {
        Map<String, String> all = new HashMap<>(options);
        all.put("ca-file", server.certificate().toString());
        return Azurite.config(server, address, all);
    }
}
