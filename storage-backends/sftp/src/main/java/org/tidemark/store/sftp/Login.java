// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.AgentIdentityRepository;
import com.jcraft.jsch.AgentProxyException;
import com.jcraft.jsch.Identity;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.KeyPair;
import com.jcraft.jsch.SSHAgentConnector;
import com.jcraft.jsch.Session;
import com.jcraft.jsch.UnixDomainSocketFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.Secret;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOptions;

/**
 * By what the user proves who they are. Immutable.
 *
 * @param keyFile the only key that is offered, where it is given
 * @param usualKeys offered where {@code keyFile} is not given, those of them that exist and need no passphrase
 * @param agentSocket asked for its keys where {@code keyFile} is not given
 */
public record Login(
        Optional<Path> keyFile,
        Optional<Secret> keyPassphrase,
        List<Path> usualKeys,
        Optional<Path> agentSocket,
        Optional<Secret> password) {
    static final String KEY_FILE = "key-file";
    static final String KEY_PASSPHRASE = "key-passphrase";
    static final String KEY_PASSPHRASE_VARIABLE = "TIDEMARK_SFTP_KEY_PASSPHRASE";
    static final String AGENT_SOCKET = "agent-socket";
    static final String AGENT_VARIABLE = "SSH_AUTH_SOCK";
    static final String PASSWORD = "password";
    static final String PASSWORD_VARIABLE = "TIDEMARK_SFTP_PASSWORD";

    private static final List<String> USUAL_NAMES = List.of("id_ed25519", "id_ecdsa", "id_rsa");

    static Login parse(StoreOptions options) {
        Path directory = Path.of(System.getProperty("user.home"), ".ssh");
        return new Login(
                options.path(KEY_FILE),
                options.secret(KEY_PASSPHRASE, KEY_PASSPHRASE_VARIABLE),
                USUAL_NAMES.stream().map(directory::resolve).toList(),
                options.path(AGENT_SOCKET)
                        .or(() -> options.variable(AGENT_VARIABLE).map(Path::of)),
                options.secret(PASSWORD, PASSWORD_VARIABLE));
    }

    /**
     * Gives jsch everything that it may offer to the server.
     *
     * @return what that is, for messages
     */
    String giveTo(JSch jsch, Session session) throws StorageDenied, JSchException {
        List<String> offered = new ArrayList<>();
        List<Identity> keys = new ArrayList<>();
        if (keyFile.isPresent()) {
            addKey(jsch, keyFile.get(), offered);
        } else {
            keys.addAll(agentKeys(offered));
            addUsualKeys(jsch, offered);
        }
        keys.addAll(jsch.getIdentityRepository().getIdentities());
        session.setIdentityRepository(new OfferedKeys(keys));
        List<String> methods = new ArrayList<>();
        if (!keys.isEmpty()) {
            methods.add("publickey");
        }
        if (password.isPresent()) {
            session.setPassword(password.get().value().getBytes(StandardCharsets.UTF_8));
            methods.addAll(List.of("keyboard-interactive", "password"));
            offered.add("a password");
        }
        if (methods.isEmpty()) {
            throw new StorageDenied(
                    "there is nothing to log in with: no key at " + usualKeys + " that needs no passphrase, no agent"
                            + " with keys, no password (give '" + KEY_FILE + "', '" + AGENT_SOCKET + "' or '"
                            + PASSWORD + "-file')",
                    null);
        }
        session.setConfig("PreferredAuthentications", String.join(",", methods));
        return String.join(", ", offered);
    }

    private List<Identity> agentKeys(List<String> offered) {
        if (agentSocket.isEmpty()) {
            return List.of();
        }
        try {
            // Sockets of the JDK: no other library is needed for an agent.
            SSHAgentConnector connector = new SSHAgentConnector(new UnixDomainSocketFactory(), agentSocket.get());
            List<Identity> keys = new AgentIdentityRepository(connector).getIdentities();
            offered.add("the agent's keys (" + keys.size() + ")");
            return keys;
        } catch (AgentProxyException e) {
            throw new IllegalStateException("sockets of this kind are in every JDK since 16", e);
        }
    }

    private void addUsualKeys(JSch jsch, List<String> offered) throws StorageDenied, JSchException {
        for (Path key : usualKeys) {
            if (Files.isReadable(key) && (keyPassphrase.isPresent() || !isEncrypted(jsch, key))) {
                addKey(jsch, key, offered);
            }
        }
    }

    private static boolean isEncrypted(JSch jsch, Path key) throws StorageDenied {
        KeyPair pair = load(jsch, key);
        try {
            return pair.isEncrypted();
        } finally {
            pair.dispose();
        }
    }

    private void addKey(JSch jsch, Path key, List<String> offered) throws StorageDenied, JSchException {
        offered.add("the key '" + key + "'");
        if (!isEncrypted(jsch, key)) {
            jsch.addIdentity(key.toString());
            return;
        }
        if (keyPassphrase.isEmpty()) {
            throw new StorageDenied(
                    "the key '" + key + "' needs a passphrase (give '" + KEY_PASSPHRASE + "-file' or '" + KEY_PASSPHRASE
                            + "-command', or let an agent hold the key)",
                    null);
        }
        try {
            jsch.addIdentity(key.toString(), keyPassphrase.get().value().getBytes(StandardCharsets.UTF_8));
        } catch (JSchException e) {
            // That the file is a key is known: it was read.
            throw new StorageDenied("the passphrase does not open the key '" + key + "'", null);
        }
    }

    private static KeyPair load(JSch jsch, Path key) throws StorageDenied {
        if (!Files.isReadable(key)) {
            throw new StorageDenied(
                    "cannot read the key '" + key + "': is it there, and readable for this user?", null);
        }
        try {
            return KeyPair.load(jsch, key.toString(), null);
        } catch (JSchException e) {
            // The cause may quote what it read.
            throw new StorageDenied("'" + key + "' is not a private key that can be used", null);
        }
    }
}
