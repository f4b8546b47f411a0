// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.WriteRefusingStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.Rounds;

/** OpenSSH's server, told to do without some of its extensions: it does not offer them then, as others do not. */
@InTurn
class LesserServerTest {
    private interface Check {
        void run(OpenSshServer server, Path root) throws IOException;
    }

    private static void without(String extensions, Check test) throws IOException {
        List<String> more = List.of("ForceCommand internal-sftp -P " + extensions);
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP, more)) {
            test.run(server, server.newDirectory());
        }
    }

    @Test
    void aServerThatCannotSyncIsNotWrittenUnlessThatIsAccepted() throws IOException {
        without("fsync", (server, root) -> {
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                        .isInstanceOf(StorageDenied.class)
                        .hasMessageContaining("fsync@openssh.com")
                        .hasMessageContaining("fsync = if-offered");
                assertThat(keys(store, "")).isEmpty();
            }
            try (ObjectStore store = ServedStore.open(server, root, Map.of("fsync", "if-offered"))) {
                put(store, "main/a", new byte[] {1});
                assertThat(read(store, "main/a")).containsExactly(1);
                assertThatThrownBy(() -> put(store, "main/a", new byte[1])).isInstanceOf(ObjectExists.class);
                store.delete(List.of(key("main/a")));
                assertThat(keys(store, "")).isEmpty();
            }
        });
    }

    @Test
    void aServerWithoutHardLinksIsNotWrittenUnlessASingleWriterRenames() throws IOException {
        without("hardlink", (server, root) -> {
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                assertThat(store.traits().exclusiveCreate()).isEqualTo(ExclusiveCreate.ATOMIC);
                assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                        .isInstanceOf(StorageDenied.class)
                        .hasMessageContaining("hardlink@openssh.com")
                        .hasMessageContaining("create = rename, and single-writer = true");
            }
            try (ObjectStore store = ServedStore.open(server, root, Map.of("create", "rename"))) {
                assertThat(store.traits().exclusiveCreate()).isEqualTo(ExclusiveCreate.CHECKED);
                ObjectStore guarded = WriteRefusingStore.guard(store, false);
                assertThatThrownBy(() -> put(guarded, "main/a", new byte[1])).isInstanceOf(StorageDenied.class);

                put(store, "main/a", new byte[] {1});
                assertThatThrownBy(() -> put(store, "main/a", new byte[] {2})).isInstanceOf(ObjectExists.class);
                assertThat(read(store, "main/a")).containsExactly(1);
                assertThat(ServedStore.files(root)).containsExactly("main/a");
            }
        });
    }

    @Test
    void aServerWithTheBareProtocolStoresAndReadsObjectsOfAnySize() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 3_000_001);
        without("limits,statvfs,fsync,hardlink,posix-rename,lsetstat,expand-path,copy-data", (server, root) -> {
            Map<String, String> options = Map.of("fsync", "if-offered", "create", "rename");
            try (ObjectStore store = ServedStore.open(server, root, options)) {
                put(store, "main/a", bytes);
                assertThat(read(store, "main/a")).isEqualTo(bytes);
            }
        });
    }

    @Test
    void aServerWithoutSftpIsTold() throws IOException {
        List<String> more = List.of("ForceCommand /bin/echo This account is not for you, nor for any file of yours.");
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP, more)) {
            Map<String, String> patient = Map.of("connect-timeout", "60s");
            try (ObjectStore store = ServedStore.open(server, server.newDirectory(), patient)) {
                assertThatThrownBy(() -> store.stat(key("a")))
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("the server's output is not SFTP");
            }
        }
    }
}
