// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.OpenSshServer;

class LoginTest {
    private static final String PASSPHRASE = "open sesame 4711";

    private final OpenSshServer server = ServedStore.server();

    @TempDir
    Path directory;

    private Path root = Path.of("/");

    @BeforeEach
    void newRoot() {
        root = server.newDirectory();
    }

    /** Without a key, unless a test gives one. */
    private void logIn(Map<String, String> options, List<Path> usualKeys) throws IOException {
        Map<String, String> all = new HashMap<>(ServedStore.options(server, Map.of()));
        all.remove("key-file");
        all.putAll(options);
        SftpConfig config = SftpConfig.parse(
                ServedStore.address(server, server.port(), root), new StoreOptions(all, name -> Optional.empty()));
        Login given = config.login();
        Login login =
                new Login(given.keyFile(), given.keyPassphrase(), usualKeys, given.agentSocket(), given.password());
        try (ObjectStore store = new SftpObjectStore(ServedStore.with(config, config.knownHosts(), login))) {
            assertThat(store.stat(key("a"))).isEmpty();
        }
    }

    private Path authorizedKey(String type, String passphrase) throws IOException {
        Path key = directory.resolve("key-" + type);
        server.authorize(OpenSshServer.newKey(key, type, passphrase));
        return key;
    }

    @ParameterizedTest
    @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
    void aKeyOfAnyUsualTypeLogsIn(String type) throws IOException {
        Path plain = authorizedKey(type, "");

        logIn(Map.of("key-file", plain.toString()), List.of());
    }

    @Test
    void aKeyWithAPassphraseLogsIn() throws IOException {
        Path locked = authorizedKey("ed25519", PASSPHRASE);

        logIn(Map.of("key-file", locked.toString(), "key-passphrase-file", file(PASSPHRASE)), List.of());
        logIn(Map.of("key-file", locked.toString(), "key-passphrase-command", "echo '" + PASSPHRASE + "'"), List.of());
    }

    @Test
    void aWrongOrMissingPassphraseIsToldAndNotShown() throws IOException {
        Path locked = authorizedKey("ed25519", PASSPHRASE);

        assertThatThrownBy(() -> logIn(
                        Map.of("key-file", locked.toString(), "key-passphrase-file", file("wrong 4712")), List.of()))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("the passphrase does not open the key '" + locked + "'")
                .hasMessageNotContaining("4712");
        logIn(Map.of("key-file", locked.toString(), "key-passphrase-command", "echo '" + PASSPHRASE + "'"), List.of());
        assertThatThrownBy(() -> logIn(Map.of("key-file", locked.toString()), List.of()))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("key-passphrase-file");
    }

    @Test
    void aKeyThatTheServerDoesNotKnowIsDenied() {
        Path stranger = directory.resolve("stranger");
        OpenSshServer.newKey(stranger, "ed25519", "");

        assertThatThrownBy(() -> logIn(Map.of("key-file", stranger.toString()), List.of()))
                .isInstanceOfSatisfying(
                        StorageDenied.class,
                        e -> assertThat(e.hint())
                                .hasValueSatisfying(hint -> assertThat(hint).contains("authorized_keys")))
                .hasMessageContaining("did not let user '" + server.user() + "' in")
                .hasMessageContaining(stranger.toString());
    }

    @Test
    void aFileThatIsNoKeyIsToldAndNotQuoted() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "my diary, private\n");

        assertThatThrownBy(() -> logIn(Map.of("key-file", text.toString()), List.of()))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("'" + text + "' is not a private key")
                .hasMessageNotContaining("diary");
        assertThatThrownBy(() ->
                        logIn(Map.of("key-file", directory.resolve("missing").toString()), List.of()))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("is it there");
    }

    @Test
    void withoutAnOptionTheUsersOwnKeysAreOfferedAndThoseWithAPassphraseAreNot() throws IOException {
        Path locked = directory.resolve("locked");
        OpenSshServer.newKey(locked, "ed25519", PASSPHRASE);

        logIn(Map.of(), List.of(directory.resolve("missing"), locked, server.clientKey()));
        assertThatThrownBy(() -> logIn(Map.of(), List.of(directory.resolve("missing"), locked)))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("nothing to log in with")
                .hasMessageContaining("key-file");
    }

    @Test
    void anAgentLogsIn() throws Exception {
        try (SshAgent agent = SshAgent.start(directory.resolve("agent"))) {
            agent.add(server.clientKey());

            logIn(Map.of("agent-socket", agent.socket().toString()), List.of());
            logIn(Map.of("agent-socket", agent.socket().toString()), List.of(directory.resolve("missing")));
        }
    }

    @Test
    void anAgentIsNotGivenTheKeysOfFiles() throws Exception {
        try (SshAgent agent = SshAgent.start(directory.resolve("agent"))) {
            Path stranger = directory.resolve("stranger");
            OpenSshServer.newKey(stranger, "ed25519", "");
            agent.add(stranger);
            String before = agent.list();

            logIn(Map.of("agent-socket", agent.socket().toString()), List.of(server.clientKey()));

            assertThat(agent.list()).isEqualTo(before).contains("ssh-ed25519");
        }
    }

    @Test
    void anAgentThatIsNotThereIsNoReasonNotToTryTheRest() throws IOException {
        logIn(Map.of("agent-socket", directory.resolve("nobody").toString()), List.of(server.clientKey()));
    }

    @Test
    void anAgentThatKeepsSilentIsGivenUp() throws Exception {
        try (SshAgent agent = SshAgent.start(directory.resolve("agent"))) {
            agent.add(server.clientKey());
            agent.signal("STOP");

            long begin = System.nanoTime();
            assertThatThrownBy(() -> logIn(
                            Map.of("agent-socket", agent.socket().toString(), "connect-timeout", "1s"), List.of()))
                    .hasMessageContaining("did not stand within");
            assertThat(System.nanoTime() - begin).isLessThan(10_000_000_000L);
            agent.signal("CONT");
        }
    }

    private String file(String secret) throws IOException {
        return Files.writeString(directory.resolve("secret"), secret + "\n").toString();
    }
}
