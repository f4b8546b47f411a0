// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.BadSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.Rounds;

/** A server that goes down under the hands of its client. */
@InTurn
class BrokenServerTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    @SuppressWarnings("NullAway.Init")
    private static OpenSshServer server;

    private Path root = Path.of("/");

    @BeforeAll
    static void start() {
        server = OpenSshServer.start(Serves.SFTP);
    }

    @AfterAll
    static void stop() {
        if (server != null) { // nothing, where the class was skipped
            server.close();
        }
    }

    @BeforeEach
    void newRoot() {
        root = server.newDirectory();
    }

    private ObjectStore store(Map<String, String> options) {
        return ServedStore.open(server, root, options);
    }

    @Test
    void anUploadWhoseServerDiesLeavesAFileThatNobodySees() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 2_000_000);
        try (ObjectStore store = store(Map.of())) {
            put(store, "main/other", new byte[10]);

            assertThatThrownBy(() -> store.putIfAbsent(key("main/a"), BadSource.pausingHalfWay(bytes, () -> {
                        await().atMost(SOON).until(() -> ServedStore.files(root).size() == 2);
                        server.killSessions();
                    })))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("main/a");

            assertThat(ServedStore.files(root)).hasSize(2).anyMatch(file -> file.startsWith("main/.tmp-"));
            assertThat(keys(store, "")).containsExactly("main/other");
            assertThat(store.stat(key("main/a"))).isEmpty();
            put(store, "main/a", bytes);
            assertThat(read(store, "main/a")).isEqualTo(bytes);
        }
    }

    @Test
    void aDownloadWhoseServerDiesBreaksOffAndTheNextOneIsWhole() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 5_000_000);
        try (ObjectStore store = store(Map.of())) {
            put(store, "main/a", bytes);

            try (InputStream stream = store.open(key("main/a"), ByteRange.ALL)) {
                assertThat(stream.readNBytes(100_000)).hasSize(100_000);
                server.killSessions();
                assertThatThrownBy(stream::readAllBytes).isInstanceOf(StorageUnavailable.class);
            }

            assertThat(read(store, "main/a")).isEqualTo(bytes);
        }
    }

    @Test
    void aStoreFindsItsServerAgainAfterThatWasStartedAnew() throws IOException {
        try (ObjectStore store = store(Map.of())) {
            put(store, "main/a", new byte[10]);

            server.stop();
            assertThatThrownBy(() -> store.stat(key("main/a"))).isInstanceOf(StorageUnavailable.class);
            server.startAgain();

            assertThat(store.stat(key("main/a"))).isPresent();
        }
    }

    @Test
    void oneThatFailsDoesNotDisturbTheOthers() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 3_000_000);
        try (ObjectStore store = store(Map.of("connections", "1"))) {
            put(store, "main/a", bytes);

            try (InputStream stream = store.open(key("main/a"), ByteRange.ALL)) {
                assertThat(stream.readNBytes(1_000)).hasSize(1_000);
                assertThatThrownBy(() ->
                                store.putIfAbsent(key("main/b"), BadSource.failingAfter(new byte[900_000], 1_000_000)))
                        .isInstanceOf(StorageUnavailable.class);
                interruptedWhilePutting(store);

                assertThat(stream.readAllBytes()).hasSize(bytes.length - 1_000);
            }
            assertThat(keys(store, "")).containsExactly("main/a");
            // A file may go while the directory is read.
            await().atMost(SOON)
                    .ignoreException(UncheckedIOException.class)
                    .untilAsserted(() -> assertThat(ServedStore.files(root)).containsExactly("main/a"));
        }
    }

    private static void interruptedWhilePutting(ObjectStore store) {
        Thread putting = Thread.currentThread();
        assertThatThrownBy(() -> store.putIfAbsent(
                        key("main/c"), BadSource.pausingHalfWay(new byte[1_000_000], putting::interrupt)))
                .isInstanceOf(StorageUnavailable.class);
        assertThat(Thread.interrupted()).isTrue();
    }
}
