// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Secret;
import org.tidemark.core.SystemUser;

/**
 * The directory of the sockets through which processes of one user share connections. Only that user can enter it. If
 * no such directory can be made, connections are not shared. Thread-safe.
 */
final class ControlSockets {
    /** Some systems limit a socket's path to 103 bytes, and ssh adds 17 bytes while it makes the socket. */
    private static final int MAX_PATH = 86;

    private static final int NAME_BYTES = 12;

    private final Path directory;

    ControlSockets(Path parent) {
        this.directory = parent.resolve("tidemark-ssh-" + SystemUser.current());
    }

    /**
     * The socket of connections with the same host, user, options, secrets and files of the options. A change of any of
     * these leads to another socket, so no process gets an older connection.
     */
    Optional<Path> socket(List<String> command, SshLogin login) {
        try {
            if (!SshLogin.isPlain(directory) || !isOurs()) {
                return Optional.empty();
            }
            Path socket = directory.resolve(name(command, login));
            return socket.toString().length() <= MAX_PATH ? Optional.of(socket) : Optional.empty();
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    private boolean isOurs() throws IOException {
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            // Its owner is checked next: the parent directory may be writable for all users.
        }
        PosixFileAttributes found =
                Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return found.isDirectory()
                && PosixFilePermissions.toString(found.permissions()).equals("rwx------")
                && SystemUser.owns(directory);
    }

    private static String name(List<String> command, SshLogin login) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            command.forEach(word -> add(digest, word));
            add(digest, login.keyPassphrase().map(Secret::value).orElse(""));
            add(digest, login.password().map(Secret::value).orElse(""));
            for (Path file : login.files()) {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                add(digest, attributes.size() + " " + attributes.lastModifiedTime());
            }
            return HexFormat.of().formatHex(digest.digest(), 0, NAME_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    private static void add(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }
}
