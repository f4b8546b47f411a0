// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOption;
import org.tidemark.testkit.OpenSshServer;

class HostKeyTest {
    private final OpenSshServer server = ServedStore.server();

    @TempDir
    Path directory;

    private Path root = Path.of("/");

    @BeforeEach
    void newRoot() {
        root = server.newDirectory();
    }

    private void stat(Path knownHosts) throws IOException {
        try (ObjectStore store = ServedStore.open(server, root, Map.of("known-hosts", knownHosts.toString()))) {
            assertThat(store.stat(key("a"))).isEmpty();
        }
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private String fingerprint(Path privateKey) throws IOException {
        return run("ssh-keygen", "-lf", privateKey + ".pub").split(" ", -1)[1];
    }

    @Test
    void anUnknownHostIsRefusedWithItsFingerprintAndTheWayToMakeItKnown() throws IOException {
        Path knownHosts = Files.createFile(directory.resolve("known_hosts"));

        assertThatThrownBy(() -> stat(knownHosts))
                .isInstanceOfSatisfying(
                        StorageDenied.class,
                        e -> assertThat(e.hint())
                                .hasValueSatisfying(hint -> assertThat(hint).contains("fingerprint")))
                .hasMessageContaining(fingerprint(server.hostKey()))
                .hasMessageContaining("ssh-keyscan -p " + server.port() + " 127.0.0.1 >> " + knownHosts);
        assertThat(knownHosts).isEmptyFile();

        Files.writeString(knownHosts, run("ssh-keyscan", "-T", "60", "-p", "" + server.port(), "127.0.0.1"));
        stat(knownHosts);
    }

    @Test
    void aHostWhoseKeyHasChangedIsRefused() throws IOException {
        Path other = directory.resolve("other");
        OpenSshServer.newKey(other, "ed25519", "");
        Path knownHosts = directory.resolve("known_hosts");
        Files.writeString(knownHosts, server.knownHostsLine(other));

        assertThatThrownBy(() -> stat(knownHosts))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("has changed")
                .hasMessageContaining(fingerprint(server.hostKey()))
                .hasMessageContaining("ssh-keygen -R '[127.0.0.1]:" + server.port() + "' -f " + knownHosts);
        assertThat(knownHosts).hasContent(server.knownHostsLine(other));
    }

    @Test
    void aKeyThatWasRevokedIsRefused() throws IOException {
        Path knownHosts = directory.resolve("known_hosts");
        String line = server.knownHostsLine(server.hostKey());
        Files.writeString(knownHosts, line + "@revoked " + line);

        assertThatThrownBy(() -> stat(knownHosts))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("revoked");
    }

    @Test
    void aFileWithHashedNamesIsUnderstood() throws IOException {
        Path knownHosts = directory.resolve("known_hosts");
        Files.copy(server.knownHosts(), knownHosts);
        run("ssh-keygen", "-H", "-f", knownHosts.toString());
        assertThat(knownHosts).content().doesNotContain("127.0.0.1");

        stat(knownHosts);
    }

    @Test
    void aFileThatIsNamedAndMissingIsTold() {
        Path missing = directory.resolve("missing");

        assertThatThrownBy(() -> stat(missing))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("the file '" + missing + "' of the option 'known-hosts' does not exist");
    }

    @Test
    void noOptionSwitchesTheCheckOff() {
        assertThat(new SftpOptions().options())
                .extracting(StoreOption::name)
                .filteredOn(option -> option.contains("host"))
                .isEqualTo(List.of("known-hosts"));
    }
}
