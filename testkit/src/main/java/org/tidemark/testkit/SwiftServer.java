// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * OpenStack Swift on ports of the loopback interface: a proxy, an account, a container and an object server, and the
 * memcached that its logins need. Root becomes another user, see {@link OperatingUser}; everybody else stays who they
 * are. It has one device in a temporary directory that {@link #close} removes. Not thread-safe.
 */
public final class SwiftServer implements AutoCloseable {
    static final String INSTALL =
            "apt-get install swift swift-proxy swift-account swift-container swift-object memcached"
                    + " (and keystone python3-keystonemiddleware for the tests with Keystone)";

    /** Debian's packages are seen by this one alone. */
    static final Path PYTHON = Path.of("/usr/bin/python3");

    /** Owns the account of {@link #shared}. */
    public static final String WRITER = "archive:writer";

    public static final String WRITER_KEY = "key-of-the-writer-5d2f";

    /** May do nothing there but what a container's own rights give. */
    public static final String READER = "archive:reader";

    public static final String READER_KEY = "key-of-the-reader-9b61";

    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    private static final AtomicInteger CONTAINERS = new AtomicInteger();

    private static final SharedServer<SwiftServer> SHARED = new SharedServer<>(() -> start(new SwiftLogins.Tempauth(
            List.of("user_archive_writer = " + WRITER_KEY + " .admin", "user_archive_reader = " + READER_KEY))));

    private final Path directory;
    private final int memcachedPort = FreePort.next();
    private final int port = FreePort.next();
    private final int objectPort = FreePort.next();
    private final BackgroundServer memcached;
    private final BackgroundServer swift;

    private SwiftServer(SwiftLogins logins) {
        RequiredServer.file(Path.of("/usr/bin/swift-proxy-server"), INSTALL);
        RequiredServer.file(Path.of("/usr/bin/swift-account-server"), INSTALL);
        RequiredServer.file(Path.of("/usr/bin/swift-container-server"), INSTALL);
        RequiredServer.file(Path.of("/usr/bin/swift-object-server"), INSTALL);
        if (logins instanceof SwiftLogins.Keystone) {
            RequiredServer.file(Path.of("/usr/lib/python3/dist-packages/keystonemiddleware"), INSTALL);
        }
        Path memcachedProgram = RequiredServer.program("memcached", INSTALL);
        OperatingUser user = OperatingUser.current();
        this.directory = user.newTemporaryDirectory("tidemark-swift");
        int accountPort = FreePort.next();
        int containerPort = FreePort.next();
        try {
            Files.createDirectories(directory.resolve("devices/d1"));
            SwiftConfiguration configuration = new SwiftConfiguration(directory, user.name());
            configuration.writeCommon();
            configuration.writeStorage("account", accountPort);
            configuration.writeStorage("container", containerPort);
            configuration.writeStorage("object", objectPort);
            configuration.writeProxy(port, memcachedPort, logins);
            copyScript("serve_swift.py", directory);
            Files.writeString(keyFile(WRITER), WRITER_KEY);
            Files.writeString(keyFile(READER), READER_KEY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        user.own(directory);
        this.memcached = BackgroundServer.start(
                user.command(List.of(
                        memcachedProgram.toString(),
                        "--listen=127.0.0.1",
                        "--port=" + memcachedPort,
                        "--udp-port=0",
                        "--memory-limit=16")),
                directory.resolve("memcached.log"),
                Map.of());
        this.swift = BackgroundServer.start(
                user.command(List.of(
                        PYTHON.toString(),
                        directory.resolve("serve_swift.py").toString(),
                        directory.toString(),
                        Integer.toString(port),
                        Integer.toString(accountPort),
                        Integer.toString(containerPort),
                        Integer.toString(objectPort))),
                directory.resolve("swift.log"),
                Map.of());
        try {
            memcached.awaitPort(memcachedPort, START_LIMIT);
            for (int each : new int[] {accountPort, containerPort, objectPort, port}) {
                swift.awaitPort(each, START_LIMIT);
            }
            if (logins instanceof SwiftLogins.Keystone(KeystoneServer keystone)) {
                register(keystone);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Under two regions and two interfaces, of which one leads here. */
    private void register(KeystoneServer keystone) {
        String account = "/v1/AUTH_%(project_id)s";
        keystone.register("http://127.0.0.1:" + port + account, KeystoneServer.REGION, "public");
        keystone.register("http://127.0.0.1:1" + account, KeystoneServer.REGION, "internal");
        keystone.register("http://127.0.0.1:1" + account, "south", "public");
    }

    /** Starts one, and waits until it serves. */
    public static SwiftServer start(SwiftLogins logins) {
        return new SwiftServer(logins);
    }

    /** The one of this JVM, with tempauth: started when it is first asked for, and stopped when the JVM ends. */
    public static SwiftServer shared() {
        return SHARED.get();
    }

    static void copyScript(String name, Path directory) throws IOException {
        try (var script = SwiftServer.class.getResourceAsStream("swift/" + name)) {
            if (script == null) {
                throw new IllegalStateException("'swift/" + name + "' is not on the class path");
            }
            Files.copy(script, directory.resolve(name));
        }
    }

    public int port() {
        return port;
    }

    /** Where {@link SwiftLogins.Tempauth} gives tokens. */
    public String authUrl() {
        return "http://127.0.0.1:" + port + "/auth/v1.0";
    }

    /** Where the account of {@link #WRITER} is. */
    public String storageUrl() {
        return "http://127.0.0.1:" + port + "/v1/AUTH_archive";
    }

    /** That account, as its owner. */
    public SwiftAccount account() {
        HttpRequest login = HttpRequest.newBuilder(URI.create(authUrl()))
                .timeout(START_LIMIT)
                .headers("X-Auth-User", WRITER, "X-Auth-Key", WRITER_KEY)
                .build();
        String token =
                SwiftAccount.send(login).headers().firstValue("X-Auth-Token").orElseThrow();
        return new SwiftAccount(storageUrl() + "/", token);
    }

    /** Makes a container in it that holds nothing, and returns its name. */
    public String newContainer() {
        String name = "archive-" + CONTAINERS.incrementAndGet();
        account().done("PUT", name, "");
        return name;
    }

    /** The options of a store for one of its users, with the key in a file. */
    public Map<String, String> options(String user) {
        return Map.of(
                "auth-url",
                authUrl(),
                "user",
                user,
                "password-file",
                keyFile(user).toString());
    }

    private Path keyFile(String user) {
        return directory.resolve(user.replace(':', '-') + ".key");
    }

    /**
     * Deletes an object of that account an hour from now by its object server's clock, as a server whose clock is wrong
     * does: until then, whatever is written there is older than the deletion.
     */
    public void deleteInTheFuture(String container, String object) {
        String path = "/AUTH_archive/" + container + "/" + object;
        long seconds = System.currentTimeMillis() / 1000 + 3600;
        HttpRequest request = HttpRequest.newBuilder(URI.create(
                        "http://127.0.0.1:" + objectPort + "/d1/" + SwiftConfiguration.partition(path) + path))
                .timeout(START_LIMIT)
                .headers("X-Timestamp", seconds + ".00000", "X-Backend-Storage-Policy-Index", "0")
                .DELETE()
                .build();
        SwiftAccount.send(request);
    }

    /** Makes every token, and what is known of tokens, be forgotten. */
    public void forgetTokens() {
        Memcached.flush(memcachedPort);
    }

    /** What its servers printed. */
    public String log() {
        return swift.log();
    }

    @Override
    public void close() {
        swift.close();
        memcached.close();
        TemporaryTree.delete(directory);
    }
}
