// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.NetworkCause;
import org.tidemark.core.SshDestination;
import org.tidemark.ssh.SshException.Kind;

/**
 * Explains why ssh ended before the server answered. The status of ssh is 255 for every cause, so this class reads its
 * messages, which are never translated. Immutable.
 */
record SshFailure(SshDestination destination, SshLogin login, SshMessages messages) {
    private static final String ACCEPTED = "debug1: Server accepts key: ";

    SshException explain(int status) {
        if (messages.has("Host key verification failed")) {
            return hostKey();
        }
        if (messages.has(": Permission denied (") || messages.has("Too many authentication failures")) {
            return loginRefused();
        }
        if (messages.has("Unable to negotiate with")) {
            return refused("client and server have no common algorithm: " + messages.summary(), null);
        }
        if (messages.has("Bad configuration option")
                || messages.has("Bad owner or permissions on ")
                || messages.has("Can't open user config file")
                || messages.has("bad configuration options")) {
            return refused(
                    "ssh does not accept its configuration: " + messages.summary(),
                    "Correct that file: 'ssh -G HOST' checks it.");
        }
        String said = messages.summary();
        return new SshException(
                Kind.UNREACHED,
                said.isEmpty() ? "ssh exited with status " + status : said,
                NetworkCause.hintOfWords(said),
                null);
    }

    private SshException hostKey() {
        String name = destination.knownHostsName();
        String file = login.knownHosts()
                .map(Path::toString)
                .or(() -> login.configuration().map(own -> "the UserKnownHostsFile of '" + own + "'"))
                .orElse("~/.ssh/known_hosts");
        String shown = messages.debug("Server host key: ").orElse("an unknown key");
        if (messages.has("REVOKED HOST KEY") || messages.has("marked as revoked")) {
            return refused("the host key of " + name + " is refused: it shows " + shown + ", which is revoked", null);
        }
        if (messages.has("IDENTIFICATION HAS CHANGED")) {
            return refused(
                    "the host key of " + name + " has changed: it shows " + shown + ", and " + file
                            + " contains a different key. An attacker may intercept the connection. If the server"
                            + " was reinstalled, compare"
                            + " the keys, and remove the old one: ssh-keygen -R '" + name + "' -f " + file,
                    "Ask the administrator of the server whether its key was changed, before you remove the old one.");
        }
        return refused(
                "the host key of " + name + " is not known: it shows " + shown + ", and " + file
                        + " does not contain it. Compare it with the output of 'ssh-keygen -lf"
                        + " /etc/ssh/ssh_host_ed25519_key.pub' on the server, then add it: ssh-keyscan"
                        + (destination.port().isPresent()
                                ? " -p " + destination.port().getAsInt()
                                : "")
                        + " " + destination.host() + " >> " + file,
                "Compare the key's fingerprint on the server itself, then add the key with the command above.");
    }

    private SshException loginRefused() {
        String key = login.keyFile().map(Path::toString).orElse("");
        if (messages.has("Load key \"" + key + "\": ") && !key.isEmpty()) {
            boolean open = messages.has("bad permissions");
            return refused(
                    open
                            ? "ssh does not use the key '" + key + "': other users than its owner can read it"
                            : "'" + key + "' is not a usable private key",
                    open ? "Remove their permissions: chmod 600 " + key : null);
        }
        boolean takenByServer = messages.has(ACCEPTED)
                || messages.debugs("Offering public key: ").isEmpty();
        if (takenByServer && login.isKeyEncrypted()) {
            return login.keyPassphrase().isPresent()
                    ? refused("the passphrase does not open the key '" + key + "'", null)
                    : refused(
                            "the key '" + key + "' needs a passphrase (give '" + SshOptions.KEY_PASSPHRASE
                                    + "-file' or '" + SshOptions.KEY_PASSPHRASE
                                    + "-command', or let an agent hold the key)",
                            null);
        }
        return refused(
                "the server refused the login of user '" + destination.userName() + "'; offered: " + offered() + " ("
                        + messages.summary() + ")",
                loginHint());
    }

    private String loginHint() {
        if (messages.has("Too many authentication failures")) {
            return "The server counts every offered key: set " + SshOptions.KEY_FILE + " to the right key.";
        }
        if (messages.has(ACCEPTED)) {
            return "The server accepts a key that this host cannot use. If it has a passphrase, let an agent hold it, or"
                    + " use a key without one.";
        }
        return "Put the public key into ~/.ssh/authorized_keys of '" + destination.userName()
                + "' on the server. The server's log has the reason; 'ssh -v' repeats the login.";
    }

    /** The keys and the password that were offered to the server. */
    private String offered() {
        List<String> offered = new ArrayList<>();
        Optional<Path> key = login.keyFile();
        key.ifPresent(file -> offered.add("the key '" + file + "'"));
        if (key.isEmpty()) {
            messages.debugs("Offering public key: ").forEach(line -> offered.add("the key " + line));
        }
        if (login.password().isPresent()) {
            offered.add("a password");
        }
        return offered.isEmpty() ? "nothing" : String.join(", ", offered);
    }

    private static SshException refused(String message, @Nullable String hint) {
        return SshException.refused(message, hint);
    }
}
