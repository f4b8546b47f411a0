// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.RetryingStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.Rounds;

/** What ssh refuses, and what is left of its connections. */
@InTurn
class SshErrorsTest {
    @TempDir
    static Path home;

    private static SshPlaces places;

    @BeforeAll
    static void start() throws Exception {
        places = SshPlaces.start(home);
    }

    @AfterAll
    static void stop() {
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    private static RsyncObjectStore store(int port, Path place, Map<String, String> options) {
        return new RsyncObjectStore(places.config(port, place, options));
    }

    @Test
    void aHostKeyThatIsNotKnownIsDenied() throws Exception {
        Path nobody = Files.createFile(home.resolve("knows-nobody"));
        Path other = home.resolve("other-host");
        OpenSshServer.newKey(other, "ed25519", "");
        Path wrong =
                Files.writeString(home.resolve("knows-another"), places.server().knownHostsLine(other));

        for (Path known : new Path[] {nobody, wrong}) {
            try (ObjectStore store =
                    store(places.server().port(), places.next(), Map.of("known-hosts", known.toString()))) {
                assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                        .as(known.toString())
                        .isInstanceOf(StorageDenied.class)
                        .hasMessageContaining(store.description());
            }
        }
        assertThat(nobody).as("nothing was learnt").isEmptyFile();
    }

    @Test
    void aKeyThatIsNotLetInIsDenied() throws Exception {
        Path key = home.resolve("stranger");
        OpenSshServer.newKey(key, "ed25519", "");

        try (ObjectStore store = store(places.server().port(), places.next(), Map.of("key-file", key.toString()))) {
            assertThatThrownBy(() -> read(store, "main/a"))
                    .isInstanceOfSatisfying(
                            StorageDenied.class,
                            e -> assertThat(e.hint())
                                    .hasValueSatisfying(hint -> assertThat(hint).contains("authorized_keys")))
                    .hasMessageContaining("Permission denied");
        }
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() throws Exception {
        try (ObjectStore store = store(FreePort.next(), places.next(), Map.of())) {
            assertThatThrownBy(() -> read(store, "main/a"))
                    .isInstanceOfSatisfying(
                            StorageUnavailable.class,
                            e -> assertThat(e.hint())
                                    .hasValueSatisfying(
                                            hint -> assertThat(hint).startsWith("Nothing listens at that port")))
                    .hasMessageContaining("Connection refused");
        }
    }

    @Test
    void theRootIsMadeAndAMissingOneIsNeverMadeByAPut() throws Exception {
        Path root = places.next().resolve("a/b");
        try (RsyncObjectStore store = places.store(root)) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("does the root exist, and is it mounted?");
            assertThat(root).doesNotExist();

            store.createRoot();
            store.createRoot();
            put(store, "main/a", new byte[] {5});
            assertThat(keys(store, "")).containsExactly("main/a");
        }
    }

    @Test
    void aLinkAboveTheRootStaysAndIsFollowed() throws Exception {
        Path disk = places.next();
        Path link = Files.createSymbolicLink(places.next().resolve("mount"), disk);
        try (RsyncObjectStore store = places.store(link.resolve("a/b"))) {
            store.createRoot();
            put(store, "main/a", new byte[] {5});

            assertThat(keys(store, "")).containsExactly("main/a");
        }
        assertThat(link).isSymbolicLink();
        assertThat(disk.resolve("a/b/main/a")).isRegularFile();
    }

    @Test
    void aRootThatIsALinkStaysOne() throws Exception {
        Path disk = places.next();
        Path link = Files.createSymbolicLink(places.next().resolve("root"), disk);
        try (RsyncObjectStore store = places.store(link)) {
            store.createRoot();
            put(store, "main/a", new byte[] {5});

            assertThat(read(store, "main/a")).containsExactly(5);
            store.delete(List.of(key("main/a")));
            assertThat(keys(store, "")).isEmpty();
        }
        assertThat(link).isSymbolicLink();
        assertThat(disk).exists();
    }

    @Test
    void aConnectionThatBreaksIsReplaced() throws Exception {
        RetryLimits retries = new RetryLimits(3, Duration.ofSeconds(30), Duration.ofMillis(10), Duration.ofMillis(10));
        try (ObjectStore store =
                new RetryingStore(places.store(places.next()), retries, ElapsedTime.SYSTEM, Rounds.random())) {
            put(store, "main/a", new byte[] {5});
            places.server().killSessions();

            assertThat(read(store, "main/a")).containsExactly(5);
        }
    }
}
