// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * OpenStack Keystone on a port of the loopback interface, with a database in a temporary directory that {@link #close}
 * removes. It knows a project {@code admin} with a user {@code admin}, and what a test makes through its API. Root
 * becomes another user, see {@link OperatingUser}. Not thread-safe.
 */
public final class KeystoneServer implements AutoCloseable {
    public static final String REGION = "north";

    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final String adminPassword = "administrator-" + Long.toHexString(System.nanoTime());
    private final int port = FreePort.next();
    private final Path directory;
    private final BackgroundServer process;

    private KeystoneServer() {
        RequiredServer.file(Path.of("/usr/bin/keystone-manage"), SwiftServer.INSTALL);
        OperatingUser user = OperatingUser.current();
        this.directory = user.newTemporaryDirectory("tidemark-keystone");
        Path configuration = directory.resolve("keystone.conf");
        try {
            for (String keys : List.of("fernet", "receipts", "credential")) {
                Files.createDirectory(
                        directory.resolve(keys),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Files.writeString(configuration, """
                    [DEFAULT]
                    public_endpoint = http://127.0.0.1:%d
                    [database]
                    connection = sqlite:///%s/keystone.db
                    [fernet_tokens]
                    key_repository = %s/fernet
                    [fernet_receipts]
                    key_repository = %s/receipts
                    [credential]
                    key_repository = %s/credential
                    [token]
                    provider = fernet
                    """.formatted(port, directory, directory, directory, directory));
            SwiftServer.copyScript("serve_keystone.py", directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        user.own(directory);
        this.process = BackgroundServer.start(
                user.command(List.of(
                        SwiftServer.PYTHON.toString(),
                        directory.resolve("serve_keystone.py").toString(),
                        configuration.toString(),
                        Integer.toString(port),
                        REGION)),
                directory.resolve("keystone.log"),
                Map.of("ADMIN_PASSWORD", adminPassword));
        process.awaitPort(port, START_LIMIT);
    }

    /** Starts one, and waits until it serves. */
    public static KeystoneServer start() {
        return new KeystoneServer();
    }

    /** With its version, as OS_AUTH_URL has it. */
    public String authUrl() {
        return "http://127.0.0.1:" + port + "/v3";
    }

    public int port() {
        return port;
    }

    public String adminPassword() {
        return adminPassword;
    }

    /** What it printed. */
    public String log() {
        return process.log();
    }

    @Override
    public void close() {
        process.close();
        TemporaryTree.delete(directory);
    }
}
