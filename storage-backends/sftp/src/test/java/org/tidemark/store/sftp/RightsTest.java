// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

@InTurn
class RightsTest {
    @Test
    void aUserWithoutRightsIsDeniedAndNeverToldAbsent() throws IOException {
        try (OpenSshServer server = OpenSshServer.startAsOrdinaryUser(Serves.SFTP)) {
            Path root = server.newDirectory();
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                put(store, "main/a", new byte[1]);
                setMode(root.resolve("main"), "---------");

                List<ThrowingCallable> operations = List.of(
                        () -> put(store, "main/a", new byte[1]),
                        () -> put(store, "main/b", new byte[1]),
                        () -> read(store, "main/a"),
                        () -> store.stat(key("main/a")),
                        () -> keys(store, ""),
                        () -> keys(store, "main/"),
                        () -> store.delete(List.of(key("main/a"))));
                for (ThrowingCallable operation : operations) {
                    assertThatThrownBy(operation)
                            .isInstanceOf(StorageDenied.class)
                            .hasMessageContaining("for user '" + server.user() + "'");
                }
                setMode(root.resolve("main"), "rwx------");
                assertThat(keys(store, "")).containsExactly("main/a");
            }
        }
    }

    @Test
    void aRootThatCannotBeWrittenIsDeniedForPuts() throws IOException {
        try (OpenSshServer server = OpenSshServer.startAsOrdinaryUser(Serves.SFTP)) {
            Path root = server.newDirectory();
            setMode(root, "r-xr-xr-x");
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                assertThatThrownBy(() -> put(store, "main/a", new byte[1])).isInstanceOf(StorageDenied.class);
                assertThat(store.stat(key("main/a"))).isEmpty();
            }
            Path below = root.resolve("new");
            assertThatThrownBy(() -> new SftpStoreProvider()
                            .createRoot(
                                    ServedStore.address(server, server.port(), below),
                                    ServedStore.options(server, Map.of())))
                    .isInstanceOf(StorageDenied.class);
            setMode(root, "rwx------");
        }
    }

    @Test
    void aServerThatTakesNothingCanBeReadAndDeniesTheRest() throws IOException {
        try (OpenSshServer server = OpenSshServer.start(Serves.READ_ONLY_SFTP)) {
            Path root = server.newDirectory();
            Files.createDirectory(root.resolve("main"));
            Files.write(root.resolve("main/a"), new byte[] {7});
            try (ObjectStore store = ServedStore.open(server, root, Map.of("fsync", "if-offered"))) {
                assertThat(read(store, "main/a")).containsExactly(7);
                assertThat(keys(store, "")).containsExactly("main/a");
                assertThat(store.stat(key("main/b"))).isEmpty();
                assertThatThrownBy(() -> put(store, "main/b", new byte[1])).isInstanceOf(StorageDenied.class);
                assertThatThrownBy(() -> store.delete(List.of(key("main/a")))).isInstanceOf(StorageDenied.class);
            }
            assertThat(ServedStore.files(root)).containsExactly("main/a");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077", "777"})
    void filesAndDirectoriesAreTheOwnersAloneWhateverTheServersUmask(String umask) throws IOException {
        List<String> more = List.of("ForceCommand internal-sftp -u " + umask);
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP, more)) {
            Path root = server.newDirectory();
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                put(store, "main/wal/a", new byte[1]);
            }
            try (ObjectStore store = ServedStore.open(server, root, Map.of("access", "group"))) {
                put(store, "group/a", new byte[1]);
            }

            assertThat(mode(root.resolve("main"))).isEqualTo("rwx------");
            assertThat(mode(root.resolve("main/wal"))).isEqualTo("rwx------");
            assertThat(mode(root.resolve("main/wal/a"))).isEqualTo("rw-------");
            assertThat(mode(root.resolve("group"))).isEqualTo("rwxr-x---");
            assertThat(mode(root.resolve("group/a"))).isEqualTo("rw-r-----");
        }
    }

    private static void setMode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
