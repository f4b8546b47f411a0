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
import java.util.Optional;

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
    private String service = "";
    private Optional<KeystoneAdmin> admin = Optional.empty();

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
                    connection = sqlite:///%s/keystone.db?timeout=60
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
                        directory.toString(),
                        Integer.toString(port),
                        REGION)),
                directory.resolve("keystone.log"),
                Map.of("ADMIN_PASSWORD", adminPassword));
        try {
            process.awaitPort(port, START_LIMIT);
            admin = Optional.of(new KeystoneAdmin(authUrl(), adminPassword));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts one, and waits until it serves. */
    public static KeystoneServer start() {
        return new KeystoneServer();
    }

    /**
     * Makes a project with a user who may use its account in Swift.
     *
     * @return the project's id
     */
    public String newProject(String project, String user, String password) {
        String id = admin().make("/projects", "{\"project\": {\"name\": \"" + project + "\"}}");
        String its =
                admin().make("/users", "{\"user\": {\"name\": \"" + user + "\", \"password\": \"" + password + "\"}}");
        String member = admin().find("/roles?name=member");
        admin().send("PUT", "/projects/" + id + "/users/" + its + "/roles/" + member, "");
        return id;
    }

    /** Makes an application credential of a user, and returns its id. */
    public String newApplicationCredential(String project, String user, String password, String secret) {
        String token = KeystoneAdmin.login(authUrl(), user, password, project);
        String its = admin().find("/users?name=" + user);
        return KeystoneAdmin.id(admin().sendAs(
                        token,
                        "POST",
                        "/users/" + its + "/application_credentials",
                        "{\"application_credential\": {\"name\": \"archive\", \"secret\": \"" + secret + "\"}}"));
    }

    /** A token of a user for a project, past any store. */
    public String token(String project, String user, String password) {
        return KeystoneAdmin.login(authUrl(), user, password, project);
    }

    /** Makes a token count no more. */
    public void revoke(String token) {
        admin().send("DELETE", "/auth/tokens", "", "X-Subject-Token", token);
    }

    /** Makes an object store known in a region. */
    void register(String url, String region, String face) {
        if (service.isEmpty()) {
            service = admin().make("/services", "{\"service\": {\"name\": \"swift\", \"type\": \"object-store\"}}");
        }
        if (!region.equals(REGION)) {
            admin().send("POST", "/regions", "{\"region\": {\"id\": \"" + region + "\"}}");
        }
        admin().make(
                        "/endpoints",
                        "{\"endpoint\": {\"service_id\": \"" + service + "\", \"interface\": \"" + face
                                + "\", \"region_id\": \"" + region + "\", \"url\": \"" + url + "\"}}");
    }

    private KeystoneAdmin admin() {
        return admin.orElseThrow();
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
