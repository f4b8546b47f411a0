// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.S3Gateway;
import org.tidemark.testkit.S3Gateway.Request;
import org.tidemark.testkit.S3Gateway.Rule;
import org.tidemark.testkit.TlsFront;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.Tag;

/** What S3Mock keeps of the ways in which objects are stored, and what it is sent. */
@InTurn
class StoredWithTest {
    private final S3Server server = S3MockServer.get();
    private String bucket = "";

    @TempDir
    Path directory;

    @BeforeEach
    void makeBucket() {
        bucket = server.newBucket();
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 6 << 20})
    void storageClassTagsAndEncryptionAreThoseOfTheConfiguration(int size) throws IOException {
        Map<String, String> options =
                Map.of("storage-class", "STANDARD_IA", "tags", "team=database,env=prod", "sse", "s3");
        try (S3Gateway gateway = S3Gateway.before(server.port(), Rule.NONE);
                S3ObjectStore store = server.storeAt(gateway.port(), bucket, TimeLimits.DEFAULTS, options);
                S3Clients clients = server.clients()) {
            put(store, "main/a", new byte[size]);

            HeadObjectResponse head =
                    clients.any().headObject(object -> object.bucket(bucket).key("main/a"));
            assertThat(head.storageClassAsString()).isEqualTo("STANDARD_IA");
            assertThat(gateway.requests().stream()
                            .filter(request -> request.headers().containsKey("x-amz-storage-class")))
                    .singleElement()
                    .satisfies(request ->
                            assertThat(request.headers()).containsEntry("x-amz-server-side-encryption", "AES256"));
            assertThat(clients.any()
                            .getObjectTagging(object -> object.bucket(bucket).key("main/a"))
                            .tagSet())
                    .containsExactlyInAnyOrder(tag("team", "database"), tag("env", "prod"));
        }
    }

    /** S3Mock does not give back what it is told of a lock, so that only the request can be looked at. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 6 << 20})
    void aLockEndsSoLongAfterTheServersTime(int size) throws IOException {
        Map<String, String> options =
                Map.of("lock-for", "30d", "lock-mode", "governance", "sse", "kms", "sse-kms-key-id", "key-1");
        try (S3Gateway gateway = S3Gateway.before(server.port(), Rule.NONE);
                S3ObjectStore store = server.storeAt(gateway.port(), bucket, TimeLimits.DEFAULTS, options)) {
            try {
                put(store, "main/a", new byte[size]);
            } catch (StorageDenied e) {
                // S3Mock knows no such key; what it was asked for is what matters here.
            }

            Request request = gateway.requests().stream()
                    .filter(r -> r.headers().containsKey("x-amz-object-lock-mode"))
                    .findFirst()
                    .orElseThrow();
            assertThat(request.headers())
                    .containsEntry("x-amz-object-lock-mode", "GOVERNANCE")
                    .containsEntry("x-amz-server-side-encryption", "aws:kms")
                    .containsEntry("x-amz-server-side-encryption-aws-kms-key-id", "key-1");
            assertThat(Instant.parse(request.headers().get("x-amz-object-lock-retain-until-date")))
                    .isCloseTo(Instant.now().plus(30, ChronoUnit.DAYS), within(5, ChronoUnit.MINUTES));
        }
    }

    @Test
    void aServerIsTrustedByItsCertificateAlone() throws Exception {
        try (S3ObjectStore trusting = encrypted(Map.of("ca-file", certificate().toString()));
                S3ObjectStore other = encrypted(Map.of())) {
            put(trusting, "main/a", new byte[] {1, 2, 3});

            assertThat(read(trusting, "main/a")).containsExactly(1, 2, 3);
            assertThatThrownBy(() -> read(other, "main/a"))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("not trusted")
                    .hasMessageContaining("ca-file");
        }
    }

    @Test
    void anExpiredCertificateIsRefusedAlsoIfTheOperatorNamesIt() throws Exception {
        try (TlsFront front = TlsFront.expired(directory);
                S3ObjectStore store = server.store(
                        bucket,
                        Map.of(
                                "endpoint",
                                "https://127.0.0.1:" + front.port(),
                                "ca-file",
                                front.certificate().toString()))) {
            assertThatThrownBy(() -> read(store, "main/a"))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("the server's certificate expired at ");
        }
    }

    /** What a server does with such a key cannot be seen here: S3Mock is not known to look at it. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 6 << 20})
    void theCustomersKeyGoesWithEveryRequestAboutAnObject(int size) throws Exception {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        String base64 = Base64.getEncoder().encodeToString(bytes);
        Map<String, String> options = Map.of(
                "endpoint", "https://localhost",
                "sse", "customer",
                "sse-customer-key-file",
                        Files.writeString(directory.resolve("key"), base64).toString());
        S3Config config = server.config(bucket, options);
        try (S3Gateway gateway = S3Gateway.before(server.port(), Rule.NONE);
                S3ObjectStore store = new S3ObjectStore(unencrypted(config, gateway.port()))) {
            put(store, "main/a", new byte[size]);
            assertThat(read(store, "main/a")).hasSize(size);
            assertThat(store.stat(key("main/a"))).isPresent();

            assertThat(gateway.requests().stream().map(Request::method)).contains("PUT", "GET", "HEAD");
            assertThat(gateway.requests())
                    .allSatisfy(request -> assertThat(request.headers())
                            .containsEntry("x-amz-server-side-encryption-customer-algorithm", "AES256")
                            .containsEntry("x-amz-server-side-encryption-customer-key", base64)
                            .containsKey("x-amz-server-side-encryption-customer-key-MD5"));
        }
    }

    /** Which no configuration can say: a key would go in the clear. */
    private static S3Config unencrypted(S3Config config, int port) {
        S3Endpoint endpoint = new S3Endpoint(
                Optional.of(URI.create("http://127.0.0.1:" + port)),
                "us-east-1",
                true,
                Optional.empty(),
                Optional.empty());
        return new S3Config(
                config.bucket(),
                config.prefix(),
                endpoint,
                config.credentials(),
                config.objects(),
                config.checksums(),
                config.asOf(),
                config.limits());
    }

    private S3ObjectStore encrypted(Map<String, String> more) {
        Map<String, String> options = new HashMap<>(more);
        options.put("endpoint", "https://localhost:" + server.tlsPort());
        return server.store(bucket, options);
    }

    private static Tag tag(String name, String value) {
        return Tag.builder().key(name).value(value).build();
    }

    /** What the server shows of itself, as a file. */
    private Path certificate() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", server.tlsPort())) {
            Certificate shown = socket.getSession().getPeerCertificates()[0];
            String pem = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(shown.getEncoded());
            return Files.writeString(
                    directory.resolve("ca.pem"),
                    "-----BEGIN CERTIFICATE-----\n" + pem + "\n-----END CERTIFICATE-----\n");
        }
    }

    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
