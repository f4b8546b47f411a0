// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
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
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;

@InTurn
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
    private void logIn(Map<String, String> options) throws IOException {
        Map<String, String> all = new HashMap<>(ServedStore.options(server, Map.of()));
        all.remove("key-file");
        all.putAll(options);
        SftpConfig config = SftpConfig.parse(
                ServedStore.address(server, server.port(), root), new StoreOptions(all, name -> Optional.empty()));
        try (ObjectStore store = new SftpObjectStore(config)) {
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

        logIn(Map.of("key-file", plain.toString()));
    }

    @Test
    void aKeyWithAPassphraseLogsIn() throws IOException {
        Path locked = authorizedKey("ed25519", PASSPHRASE);

        logIn(Map.of("key-file", locked.toString(), "key-passphrase-file", file(PASSPHRASE)));
        logIn(Map.of("key-file", locked.toString(), "key-passphrase-command", "echo '" + PASSPHRASE + "'"));
    }

    @Test
    void aWrongOrMissingPassphraseIsToldAndNotShown() throws IOException {
        Path locked = authorizedKey("ed25519", PASSPHRASE);

        assertThatThrownBy(
                        () -> logIn(Map.of("key-file", locked.toString(), "key-passphrase-file", file("wrong 4712"))))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("the passphrase does not open the key '" + locked + "'")
                .hasMessageNotContaining("4712");
        logIn(Map.of("key-file", locked.toString(), "key-passphrase-command", "echo '" + PASSPHRASE + "'"));
        assertThatThrownBy(() -> logIn(Map.of("key-file", locked.toString())))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("key-passphrase-file");
    }

    @Test
    void aKeyThatTheServerDoesNotKnowIsDenied() {
        Path stranger = directory.resolve("stranger");
        OpenSshServer.newKey(stranger, "ed25519", "");

        assertThatThrownBy(() -> logIn(Map.of("key-file", stranger.toString())))
                .isInstanceOfSatisfying(
                        StorageDenied.class,
                        e -> assertThat(e.hint())
                                .hasValueSatisfying(hint -> assertThat(hint).contains("authorized_keys")))
                .hasMessageContaining("refused the login of user '" + server.user() + "'")
                .hasMessageContaining(stranger.toString());
    }

    @Test
    void aFileThatIsNoKeyIsToldAndNotQuoted() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "my diary, private\n");
        Files.setPosixFilePermissions(text, PosixFilePermissions.fromString("rw-------")); // or ssh does not look at it

        assertThatThrownBy(() -> logIn(Map.of("key-file", text.toString())))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("'" + text + "' is not a usable private key")
                .hasMessageNotContaining("diary");
        assertThatThrownBy(() ->
                        logIn(Map.of("key-file", directory.resolve("missing").toString())))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("does it exist");
    }

    /** An ssh configuration stands for the one in the user's home, which a test must not change. */
    @Test
    void whatTheConfigurationOfSshSaysCounts() throws IOException {
        Path locked = directory.resolve("locked");
        OpenSshServer.newKey(locked, "ed25519", PASSPHRASE);
        Path configuration = directory.resolve("ssh_config");
        Files.writeString(
                configuration,
                "Host 127.0.0.1\n  IdentityFile " + directory.resolve("missing") + "\n  IdentityFile " + locked
                        + "\n  IdentityFile " + server.clientKey() + "\n");

        logIn(Map.of("ssh-config", configuration.toString()));

        Files.writeString(configuration, "Host 127.0.0.1\n  IdentityFile " + locked + "\n  IdentityAgent none\n");
        assertThatThrownBy(() -> logIn(Map.of("ssh-config", configuration.toString())))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("refused the login of user '" + server.user() + "'");
    }

    @Test
    void aConfigurationThatSshDoesNotTakeIsDenied() throws IOException {
        Path configuration = Files.writeString(directory.resolve("ssh_config"), "Identitty x\n");

        assertThatThrownBy(() -> logIn(Map.of("ssh-config", configuration.toString())))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("ssh does not accept its configuration")
                .hasMessageContaining(configuration + ": line 1");
    }

    @Test
    void aKeyThatOthersCanReadIsToldWithTheCommandThatMendsIt() throws IOException {
        Path open = authorizedKey("ed25519", "");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));

        assertThatThrownBy(() -> logIn(Map.of("key-file", open.toString())))
                .isInstanceOfSatisfying(
                        StorageDenied.class,
                        e -> assertThat(e.hint()).contains("Remove their permissions: chmod 600 " + open))
                .hasMessageContaining("other users than its owner can read it");
    }

    @Test
    void anAgentLogsIn() throws Exception {
        try (SshAgent agent = SshAgent.start(directory.resolve("agent"))) {
            agent.add(server.clientKey());

            logIn(Map.of("agent-socket", agent.socket().toString()));
        }
    }

    @Test
    void anAgentIsNotGivenTheKeysOfFiles() throws Exception {
        try (SshAgent agent = SshAgent.start(directory.resolve("agent"))) {
            Path stranger = directory.resolve("stranger");
            OpenSshServer.newKey(stranger, "ed25519", "");
            agent.add(stranger);
            String before = agent.list();

            logIn(Map.of(
                    "agent-socket",
                    agent.socket().toString(),
                    "key-file",
                    server.clientKey().toString()));

            assertThat(agent.list()).isEqualTo(before).contains("ssh-ed25519");
        }
    }

    @Test
    void anAgentThatIsNotThereIsNoReasonNotToTryTheRest() throws IOException {
        logIn(Map.of(
                "agent-socket", directory.resolve("nobody").toString(),
                "key-file", server.clientKey().toString()));
    }

    @Test
    void anAgentThatKeepsSilentIsGivenUp() throws Exception {
        try (SshAgent agent = SshAgent.start(directory.resolve("agent"))) {
            agent.add(server.clientKey());
            agent.signal("STOP");

            long begin = System.nanoTime();
            assertThatThrownBy(() -> logIn(Map.of("agent-socket", agent.socket().toString(), "connect-timeout", "1s")))
                    .hasMessageContaining("was not open within");
            assertThat(System.nanoTime() - begin).isLessThan(60_000_000_000L);
            agent.signal("CONT");
        }
    }

    private String file(String secret) throws IOException {
        return Files.writeString(directory.resolve("secret"), secret + "\n").toString();
    }
}
