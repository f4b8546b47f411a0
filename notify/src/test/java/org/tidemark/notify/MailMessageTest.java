// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.MailServer;
import org.tidemark.config.MailServer.Security;
import org.tidemark.config.NotifySettings.Mail;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.RequiredServer;

/** Mail, to a real server. */
class MailMessageTest {
    private static final Instant AT = Instant.parse("2026-11-30T10:00:00Z");
    private static final Announcement NEWS = new Announcement(
            new ClusterName("main"),
            "db1",
            AT,
            Severity.CRITICAL,
            List.of(new Change(
                    new Finding.Key("holes", Optional.of("local")),
                    Severity.OK,
                    Severity.CRITICAL,
                    AT,
                    AT,
                    "2 holes, \u00e4 \u05d0",
                    "sync")));

    @TempDir
    private Path directory;

    private final int port = FreePort.next();

    private BackgroundServer receiver(String mode, String... more) throws IOException {
        Path module = Path.of("/usr/lib/python3/dist-packages/aiosmtpd");
        RequiredServer.file(module, "apt-get install python3-aiosmtpd");
        Path script = directory.resolve("receiver.py");
        try (InputStream in = Objects.requireNonNull(MailMessageTest.class.getResourceAsStream("receiver.py"))) {
            Files.write(script, in.readAllBytes());
        }
        List<String> command = new ArrayList<>(List.of(
                RequiredServer.file(Path.of("/usr/bin/python3"), "apt-get install python3")
                        .toString(),
                script.toString(),
                Integer.toString(port),
                mode));
        command.addAll(List.of(more));
        return BackgroundServer.start(command, directory.resolve("log"), Map.of())
                .awaitPort(port, Duration.ofSeconds(30));
    }

    private Mail mail(Security security, Optional<String> user, Optional<Path> password) {
        return new Mail(
                new MailServer("127.0.0.1", port, security),
                List.of("dba@example.org", "night@example.org"),
                Optional.of("tidemark@example.org"),
                user,
                password);
    }

    @Test
    void allAreTold() throws IOException, DeliveryFailed {
        try (BackgroundServer receiver = receiver("open")) {
            new MailMessage(mail(Security.NONE, Optional.empty(), Optional.empty())).send(NEWS);

            receiver.await("the mail", () -> receiver.log().contains("END"), Duration.ofSeconds(10));
            assertThat(receiver.log())
                    .contains("FROM tidemark@example.org TO dba@example.org,night@example.org AS nobody")
                    .contains("Subject: Tidemark: cluster 'main' is NOT FULLY PROTECTED")
                    .contains("Auto-Submitted: auto-generated");
        }
    }

    @Test
    void thePasswordIsReadFromItsFileEachTime() throws IOException, DeliveryFailed {
        try (BackgroundServer receiver = receiver("login")) {
            Path password = directory.resolve("mail.secret");
            MailMessage message = new MailMessage(mail(Security.NONE, Optional.of("keeper"), Optional.of(password)));

            Files.writeString(password, "of-last-year\n");
            assertThatThrownBy(() -> message.send(NEWS))
                    .isInstanceOf(DeliveryFailed.class)
                    .hasMessageContaining("did not take it")
                    .hasMessageNotContaining("of-last-year");
            Files.writeString(password, "of-the-mail-5K\n");
            message.send(NEWS);

            receiver.await("the mail", () -> receiver.log().contains("AS keeper"), Duration.ofSeconds(10));
        }
    }

    @Test
    void nothingIsSentWithoutTlsWhereItIsRequired() throws IOException {
        try (BackgroundServer receiver = receiver("open")) {
            assertThatThrownBy(() ->
                            new MailMessage(mail(Security.STARTTLS, Optional.empty(), Optional.empty())).send(NEWS))
                    .isInstanceOf(DeliveryFailed.class)
                    .hasMessageContaining("STARTTLS");
            assertThat(receiver.log()).doesNotContain("FROM");
        }
    }

    @Test
    void nothingIsSentToAServerThatNobodyVouchesFor() throws IOException, InterruptedException {
        Path certificate = directory.resolve("certificate.pem");
        Path key = directory.resolve("key.pem");
        assertThat(new ProcessBuilder(
                                RequiredServer.program("openssl", "apt-get install openssl")
                                        .toString(),
                                "req",
                                "-x509",
                                "-newkey",
                                "rsa:2048",
                                "-nodes",
                                "-subj",
                                "/CN=127.0.0.1",
                                "-addext",
                                "subjectAltName=IP:127.0.0.1",
                                "-keyout",
                                key.toString(),
                                "-out",
                                certificate.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("openssl.log").toFile())
                        .start()
                        .waitFor())
                .isZero();
        try (BackgroundServer receiver = receiver("starttls", certificate.toString(), key.toString())) {
            assertThatThrownBy(() ->
                            new MailMessage(mail(Security.STARTTLS, Optional.empty(), Optional.empty())).send(NEWS))
                    .isInstanceOf(DeliveryFailed.class)
                    .hasMessageContaining("certificate is not signed");
            assertThat(receiver.log()).doesNotContain("FROM");
        }
    }
}
