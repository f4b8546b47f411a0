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
import java.util.function.Function;
import java.util.regex.Pattern;
import org.tidemark.core.Secret;

/**
 * The options of a login that override ssh's own configuration. Immutable.
 *
 * @param keyFile the only offered key; empty for ssh's default keys and those of the agent
 * @param keyPassphrase of {@code keyFile} or of the default keys
 * @param agentSocket the socket of the agent, instead of {@code SSH_AUTH_SOCK}
 * @param knownHosts the only file of host keys; empty for ssh's default files
 * @param configuration used instead of {@code ~/.ssh/config} and {@code /etc/ssh/ssh_config}
 */
public record SshLogin(
        Optional<Path> keyFile,
        Optional<Secret> keyPassphrase,
        Optional<Path> agentSocket,
        Optional<Secret> password,
        Optional<Path> knownHosts,
        Optional<Path> configuration) {
    /** Excludes characters that ssh and rsync split or expand: spaces, quotes, percent signs. */
    private static final Pattern PLAIN_PATH = Pattern.compile("/[A-Za-z0-9._+@=,/-]*");

    private static final String OPENSSH_BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private static final String UNENCRYPTED = "openssh-key-v1\0\0\0\0\4none";

    /** A private RSA key with 16384 bits has 13 KB. */
    private static final long MAX_KEY_BYTES = 64 * 1024;

    /**
     * Leaves everything to ssh's configuration.
     *
     * @param configuration used instead of ssh's own files
     */
    public static SshLogin byConfiguration(Optional<Path> configuration) {
        return new SshLogin(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                configuration);
    }

    /**
     * Takes all options, including the secrets.
     *
     * @param path gives the value of one of {@link SshOptions#PATHS}
     * @param secret gives one of {@link SshOptions#SECRETS}
     * @throws IllegalArgumentException if an option is not valid
     */
    public static SshLogin of(Function<String, Optional<Path>> path, Function<String, Optional<Secret>> secret) {
        Optional<Path> keyFile = plainPath(path, SshOptions.KEY_FILE);
        Optional<Path> agentSocket = plainPath(path, SshOptions.AGENT_SOCKET);
        Optional<Path> knownHosts = plainPath(path, SshOptions.KNOWN_HOSTS);
        Optional<Path> configuration = plainPath(path, SshOptions.CONFIGURATION);
        // Last, since a secret may come from a command.
        return new SshLogin(
                keyFile,
                secret.apply(SshOptions.KEY_PASSPHRASE),
                agentSocket,
                secret.apply(SshOptions.PASSWORD),
                knownHosts,
                configuration);
    }

    private static Optional<Path> plainPath(Function<String, Optional<Path>> value, String name) {
        Optional<Path> path = value.apply(name);
        if (path.isPresent() && !isPlain(path.get())) {
            throw new IllegalArgumentException("invalid value of '" + name + "': '" + path.get()
                    + "' (expected an absolute path of letters, digits and . _ - + @ = ,)");
        }
        return path;
    }

    static boolean isPlain(Path path) {
        return PLAIN_PATH.matcher(path.toString()).matches();
    }

    boolean hasSecret() {
        return keyPassphrase.isPresent() || password.isPresent();
    }

    /** The files of the options, whether they exist or not. */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        keyFile.ifPresent(files::add);
        knownHosts.ifPresent(files::add);
        configuration.ifPresent(files::add);
        return files;
    }

    /** @throws SshException if a file is missing or unreadable, which ssh itself may ignore */
    void requireFiles() throws SshException {
        if (knownHosts.isPresent() && !Files.exists(knownHosts.get())) {
            throw SshException.refused(
                    "the file '" + knownHosts.get() + "' of the option '" + SshOptions.KNOWN_HOSTS + "' does not exist",
                    "Write the server's host key into this file: 'ssh-keyscan HOST' prints the key. Compare its"
                            + " fingerprint on the server.");
        }
        for (Path file : files()) {
            if (!Files.isReadable(file)) {
                throw SshException.refused(
                        "cannot read '" + file + "': does it exist, and can this user read it?",
                        "Correct the option, or the owner of the file: ls -l " + file);
            }
        }
    }

    /** Whether {@link #keyFile} needs a passphrase; false if that is unknown. */
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
