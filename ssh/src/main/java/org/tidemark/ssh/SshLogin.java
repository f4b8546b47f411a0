// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.Secret;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;

/**
 * How both ends prove who they are, where ssh's own configuration is not enough. Immutable.
 *
 * @param keyFile the only key that is offered; empty: ssh's usual ones, and the agent's
 * @param keyPassphrase opens {@code keyFile}, or the usual keys
 * @param agentSocket asked for keys, instead of {@code SSH_AUTH_SOCK}
 * @param knownHosts the only file of host keys; empty: ssh's own ones
 * @param configuration read instead of {@code ~/.ssh/config} and {@code /etc/ssh/ssh_config}
 */
public record SshLogin(
        Optional<Path> keyFile,
        Optional<Secret> keyPassphrase,
        Optional<Path> agentSocket,
        Optional<Secret> password,
        Optional<Path> knownHosts,
        Optional<Path> configuration) {
    /** What ssh and rsync would split or expand is refused in paths: a space, a quote, a percent sign. */
    private static final Pattern PLAIN_PATH = Pattern.compile("/[A-Za-z0-9._+@=,/-]*");

    private static final String OPENSSH_BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private static final String UNENCRYPTED = "openssh-key-v1\0\0\0\0\4none";

    /** A private key of RSA with 16384 bits takes 13 KB. */
    private static final long MAX_KEY_BYTES = 64 * 1024;

    /**
     * All of it.
     *
     * @param variables the beginning of the names of variables that can hold the secrets, such as {@code X_}
     * @throws IllegalArgumentException if an option is not valid
     */
    public static SshLogin parse(StoreOptions options, String variables) {
        SshLogin plain = withoutSecrets(options);
        return new SshLogin(
                plain.keyFile,
                options.secret(SshOptions.KEY_PASSPHRASE, variables + "KEY_PASSPHRASE"),
                plain.agentSocket,
                options.secret(SshOptions.PASSWORD, variables + "PASSWORD"),
                plain.knownHosts,
                plain.configuration);
    }

    /** The same for a login that needs neither a passphrase nor a password. */
    public static SshLogin withoutSecrets(StoreOptions options) {
        return new SshLogin(
                plainPath(options, SshOptions.KEY_FILE),
                Optional.empty(),
                plainPath(options, SshOptions.AGENT_SOCKET),
                Optional.empty(),
                plainPath(options, SshOptions.KNOWN_HOSTS),
                plainPath(options, SshOptions.CONFIGURATION));
    }

    private static Optional<Path> plainPath(StoreOptions options, StoreOption name) {
        Optional<Path> path = options.path(name);
        if (path.isPresent() && !isPlain(path.get())) {
            throw StoreOptions.wrong(
                    name, path.get().toString(), "an absolute path of letters, digits and . _ - + @ = ,");
        }
        return path;
    }

    static boolean isPlain(Path path) {
        return PLAIN_PATH.matcher(path.toString()).matches();
    }

    boolean hasSecret() {
        return keyPassphrase.isPresent() || password.isPresent();
    }

    /** The files that the options name, those that exist or not. */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        keyFile.ifPresent(files::add);
        knownHosts.ifPresent(files::add);
        configuration.ifPresent(files::add);
        return files;
    }

    /** Refuses what ssh would pass over with a warning, or not at all. */
    void requireFiles() throws SshException {
        if (knownHosts.isPresent() && !Files.exists(knownHosts.get())) {
            throw SshException.refused(
                    "there is no file '" + knownHosts.get() + "', which '" + SshOptions.KNOWN_HOSTS + "' names",
                    "Write the server's host key into it; 'ssh-keyscan HOST' prints it, to be compared with the"
                            + " server's own.");
        }
        for (Path file : files()) {
            if (!Files.isReadable(file)) {
                throw SshException.refused(
                        "cannot read '" + file + "': is it there, and readable for this user?",
                        "Correct the option that names it, or whose file it is: ls -l " + file);
            }
        }
    }

    /** Whether {@link #keyFile} needs a passphrase; false where that cannot be told. */
    boolean isKeyEncrypted() {
        try {
            if (keyFile.isEmpty() || Files.size(keyFile.get()) > MAX_KEY_BYTES) {
                return false;
            }
            String text = Files.readString(keyFile.get(), StandardCharsets.ISO_8859_1);
            if (!text.startsWith(OPENSSH_BEGIN)) {
                return text.contains("ENCRYPTED");
            }
            byte[] key = Base64.getMimeDecoder()
                    .decode(text.substring(OPENSSH_BEGIN.length()).replaceAll("-----.*", ""));
            return !new String(key, StandardCharsets.ISO_8859_1).startsWith(UNENCRYPTED);
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }
}
