// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Microsoft's own emulator of Azure Blob Storage, Azurite, on a port of the loopback interface, with one account whose
 * key nobody else has. The program is {@code azurite-blob} of the npm package {@code azurite}: that on the PATH, or
 * that below {@code node_modules} in the directory which the variable {@code TIDEMARK_AZURITE} names.
 */
public final class AzuriteServer implements AutoCloseable {
    public static final String ACCOUNT = "tidemarktest";

    private static final String PROGRAM = "azurite-blob";
    private static final String INSTALL = "npm install -g azurite (or set TIDEMARK_AZURITE to a directory in which"
            + " 'npm install azurite' was run)";
    private static final Duration START_LIMIT = Duration.ofMinutes(3);

    private final Path home;
    private final int port = FreePort.next();
    private final String key;
    private final BackgroundServer server;
    private final boolean encrypted;

    private AzuriteServer(List<String> arguments, Path home, boolean encrypted) {
        this.home = home;
        this.encrypted = encrypted;
        this.key = Base64.getEncoder().encodeToString(StoreAccess.randomBytes(Rounds.random(), 64));
        List<String> command = new ArrayList<>(List.of(
                program().toString(),
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                Integer.toString(port),
                "--skipApiVersionCheck",
                "--disableTelemetry",
                "--silent"));
        command.addAll(arguments);
        server = BackgroundServer.start(
                        command, home.resolve("azurite.log"), Map.of("AZURITE_ACCOUNTS", ACCOUNT + ":" + key))
                .awaitPort(port, START_LIMIT);
    }

    /** It keeps everything in memory: for small objects. */
    public static AzuriteServer inMemory() {
        return new AzuriteServer(List.of("--inMemoryPersistence"), newHome(), false);
    }

    /** It keeps objects in files: for large ones. */
    public static AzuriteServer onDisk() {
        Path home = newHome();
        return new AzuriteServer(List.of("--location", home.resolve("data").toString()), home, false);
    }

    /** In memory, and by https, with a {@link #certificate} that nobody else vouches for. */
    public static AzuriteServer encrypted() {
        Path home = newHome();
        Path privateKey = home.resolve("key.pem");
        Path certificate = certificateIn(home);
        Commands.run(List.of(
                RequiredServer.program("openssl", "apt-get install openssl").toString(),
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=emulator",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                privateKey.toString(),
                "-out",
                certificate.toString()));
        return new AzuriteServer(
                List.of("--inMemoryPersistence", "--cert", certificate.toString(), "--key", privateKey.toString()),
                home,
                true);
    }

    private static Path certificateIn(Path home) {
        return home.resolve("certificate.pem");
    }

    private static Path program() {
        String directory = System.getenv("TIDEMARK_AZURITE");
        return directory == null || directory.isEmpty()
                ? RequiredServer.program(PROGRAM, INSTALL)
                : RequiredServer.file(Path.of(directory, "node_modules", ".bin", PROGRAM), INSTALL);
    }

    private static Path newHome() {
        try {
            return TestDirectories.create("tidemark-azurite-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** The key of the account, in base64. */
    public String key() {
        return key;
    }

    /**
     * A shared access signature of a container, good for an hour.
     *
     * @param rights in the service's order, such as {@code rcwdl}
     * @see <a href="https://learn.microsoft.com/rest/api/storageservices/create-service-sas">service SAS</a>
     */
    public String signature(String container, String rights) {
        String version = "2022-11-02";
        String until = Instant.now()
                .plus(Duration.ofHours(1))
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        // Rights, begin, end, resource, policy, addresses, protocol, version, kind; then seven that are not given.
        String text = String.join(
                "\n",
                List.of(
                        rights,
                        "",
                        until,
                        "/blob/" + ACCOUNT + "/" + container,
                        "",
                        "",
                        "",
                        version,
                        "c",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(key), "HmacSHA256"));
            String proof = Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
            return "sv=" + version + "&sr=c&sp=" + rights + "&se=" + URLEncoder.encode(until, StandardCharsets.UTF_8)
                    + "&sig=" + URLEncoder.encode(proof, StandardCharsets.UTF_8);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
        }
    }

    public String endpoint() {
        return endpointAt(port);
    }

    /** In PEM; only that of a server that is {@link #encrypted} exists. */
    public Path certificate() {
        return certificateIn(home);
    }

    /** The server seen through a port of the loopback interface, such as that of a proxy. */
    public String endpointAt(int seenPort) {
        return (encrypted ? "https" : "http") + "://127.0.0.1:" + seenPort + "/" + ACCOUNT;
    }

    @Override
    public void close() {
        server.close();
        TemporaryTree.delete(home);
    }
}
