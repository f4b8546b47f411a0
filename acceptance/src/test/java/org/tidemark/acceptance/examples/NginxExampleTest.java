// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.RequiredServer;

/** {@code examples/nginx}: TLS and a login in front of the page, by Debian's nginx. */
@InTurn
final class NginxExampleTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Test
    void thePageHasALoginBehindNginx() throws Exception {
        Path nginx = RequiredServer.program("nginx", "apt-get install nginx-light");
        Path openssl = RequiredServer.program("openssl", "apt-get install openssl");
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            int page = FreePort.next();
            host.configure("""
                    [service]
                    listen = '127.0.0.1:%d'
                    [repository.near]
                    url = '%s'
                    [cluster.main]
                    conninfo = '%s'
                    data-directory = '%s'
                    """.formatted(
                            page, host.directory().resolve("near").toUri(), server.conninfo(), server.dataDirectory()));
            host.must("init");
            host.start("serve");

            int port = FreePort.next();
            Path directory = Files.createDirectory(host.directory().resolve("nginx"));
            Path certificate = directory.resolve("tidemark.pem");
            run(
                    openssl,
                    ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=tidemark -addext"
                                    + " subjectAltName=IP:127.0.0.1 -keyout " + directory.resolve("tidemark.key")
                                    + " -out "
                                    + certificate)
                            .split(" ", -1));
            Files.writeString(directory.resolve("passwords"), "alice:" + run(openssl, "passwd", "-6", "of the page"));
            Files.writeString(
                    directory.resolve("site.conf"),
                    ExampleFile.text(
                            "nginx/tidemark.conf",
                            Map.of(
                                    "listen 443 ssl",
                                    "listen 127.0.0.1:" + port + " ssl",
                                    "    listen [::]:443 ssl;\n",
                                    "",
                                    "/etc/ssl/certs/tidemark.pem",
                                    certificate.toString(),
                                    "/etc/ssl/private/tidemark.key",
                                    directory.resolve("tidemark.key").toString(),
                                    "/etc/nginx/tidemark.passwords",
                                    directory.resolve("passwords").toString(),
                                    "127.0.0.1:9834",
                                    "127.0.0.1:" + page)));
            Files.writeString(directory.resolve("nginx.conf"), """
                    daemon off;
                    master_process off;
                    pid DIRECTORY/pid;
                    error_log DIRECTORY/error.log;
                    events {}
                    http {
                        access_log off;
                        client_body_temp_path DIRECTORY/body;
                        proxy_temp_path DIRECTORY/proxy;
                        fastcgi_temp_path DIRECTORY/fastcgi;
                        uwsgi_temp_path DIRECTORY/uwsgi;
                        scgi_temp_path DIRECTORY/scgi;
                        include DIRECTORY/site.conf;
                    }
                    """.replace("DIRECTORY", directory.toString()));
            Process front = new ProcessBuilder(
                            nginx.toString(),
                            "-p",
                            directory.toString(),
                            "-c",
                            directory.resolve("nginx.conf").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("output").toFile())
                    .start();
            try (HttpClient client = client(certificate)) {
                URI root = URI.create("https://127.0.0.1:" + port + "/");
                await().atMost(LIMIT)
                        .ignoreExceptions()
                        .until(() -> ask(client, root, "alice:of the page").statusCode() == 200);
                assertThat(ask(client, root, "alice:of the page").body()).contains("<!DOCTYPE html>", "main");
                assertThat(ask(client, root.resolve("/cluster/main.json"), "alice:of the page")
                                .body())
                        .contains("\"cluster\" : \"main\"");
                assertThat(ask(client, root, "alice:wrong").statusCode()).isEqualTo(401);
                HttpResponse<String> unknown =
                        client.send(HttpRequest.newBuilder(root).timeout(LIMIT).build(), BodyHandlers.ofString());
                assertThat(unknown.statusCode()).isEqualTo(401);
                assertThat(unknown.body()).doesNotContain("main");
            } finally {
                front.destroy();
                front.waitFor();
            }
        }
    }

    private static HttpResponse<String> ask(HttpClient client, URI address, String login) throws Exception {
        return client.send(
                HttpRequest.newBuilder(address)
                        .timeout(LIMIT)
                        .header(
                                "Authorization",
                                "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)))
                        .build(),
                BodyHandlers.ofString());
    }

    /** One that trusts this certificate alone. */
    private static HttpClient client(Path certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            trusted.setCertificateEntry(
                    "tidemark", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static String run(Path program, String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = program.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
