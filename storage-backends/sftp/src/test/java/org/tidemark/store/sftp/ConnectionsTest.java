// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.Rounds;

class ConnectionsTest {
    private static final int THREADS = 16;

    private final OpenSshServer server = ServedStore.server();

    @TempDir
    Path directory;

    private ObjectStore store(FaultProxy proxy, int connections) throws Exception {
        String line = server.knownHostsLine(server.hostKey()).replace("[127.0.0.1]:" + server.port(), "127.0.0.1");
        Path knownHosts = Files.writeString(directory.resolve("known_hosts"), line);
        return new SftpStoreProvider()
                .open(
                        ServedStore.address(server, proxy.port(), server.newDirectory()),
                        ServedStore.options(
                                server, Map.of("known-hosts", knownHosts.toString(), "connections", "" + connections)));
    }

    @Test
    void moreOperationsThanConnectionsShareThem() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 400_000);
        try (FaultProxy proxy = FaultProxy.to(server.port());
                ObjectStore store = store(proxy, 2);
                ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                String name = "main/" + i;
                done.add(threads.submit(() -> {
                    put(store, name, bytes);
                    return Arrays.equals(read(store, name), bytes);
                }));
            }
            for (Future<Boolean> one : done) {
                assertThat(one.get(2, TimeUnit.MINUTES)).isTrue();
            }
            assertThat(proxy.connections()).isEqualTo(2);
        }
    }

    @Test
    void streamsThatStayOpenStopNobody() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 3_000_000);
        try (FaultProxy proxy = FaultProxy.to(server.port());
                ObjectStore store = store(proxy, 1)) {
            put(store, "main/a", bytes);
            List<InputStream> open = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                open.add(store.open(key("main/a"), ByteRange.ALL));
                assertThat(open.get(i).readNBytes(500_000)).hasSize(500_000);
            }

            put(store, "main/b", bytes);
            assertThat(read(store, "main/b")).isEqualTo(bytes);
            for (InputStream stream : open) {
                assertThat(stream.readAllBytes()).hasSize(2_500_000);
                stream.close();
            }
            assertThat(proxy.connections()).isEqualTo(1);
        }
    }
}
