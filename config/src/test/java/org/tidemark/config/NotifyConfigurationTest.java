// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.config.MailServer.Security;
import org.tidemark.config.NotifySettings.Mail;
import org.tidemark.config.NotifySettings.Program;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding.Severity;

/** Whom to tell, as it is configured. */
class NotifyConfigurationTest {
    @TempDir
    private Path directory;

    private Configuration load(String... lines) throws IOException {
        Path file = directory.resolve("tidemark.toml");
        Files.writeString(file, "[cluster.main]\nacknowledge = \"all\"\n" + String.join("\n", lines) + "\n");
        return new ConfigurationLoader(new Environment(Map.of(), directory, directory, directory), Clock.systemUTC())
                .load(Optional.of(file), List.of())
                .configuration();
    }

    private String problem(String... lines) {
        return String.valueOf(catchThrowableOfType(ConfigurationException.class, () -> load(lines))
                .getMessage());
    }

    @Test
    void oneDestinationWithAllThatCanBeSaid() throws IOException {
        assertThat(load(
                                "[notify.pager]",
                                "command = \"/usr/local/bin/page\"",
                                "clusters = [\"main\"]",
                                "severity = \"critical\"",
                                "delay = \"10m\"",
                                "delays = [\"backlog 1h\", \"server 1m\"]")
                        .destinations())
                .containsExactly(new NotifySettings(
                        "pager",
                        new Program(Path.of("/usr/local/bin/page")),
                        List.of(new ClusterName("main")),
                        Severity.CRITICAL,
                        Duration.ofMinutes(10),
                        Map.of("backlog", Duration.ofHours(1), "server", Duration.ofMinutes(1))));
    }

    @ParameterizedTest
    @CsvSource({
        "smtp://mail.example.org, false, mail.example.org, 587, STARTTLS",
        "smtp://mail.example.org:25, true, mail.example.org, 25, NONE",
        "smtp://localhost:25, false, localhost, 25, NONE",
        "smtps://mail.example.org, false, mail.example.org, 465, TLS"
    })
    void mailGoesByTlsUnlessItStaysHereOrIsToldNotTo(
            String address, boolean insecure, String host, int port, Security security) throws IOException {
        assertThat(load(
                                "[notify.mail]",
                                "mail-to = [\"a@b.c\"]",
                                "mail-server = \"" + address + "\"",
                                "insecure = " + insecure)
                        .destinations())
                .singleElement()
                .satisfies(each -> assertThat(each.to())
                        .isInstanceOfSatisfying(
                                Mail.class,
                                mail -> assertThat(mail.server()).isEqualTo(new MailServer(host, port, security))));
    }

    @Test
    void anAddressThatWouldGoInTheClearIsRefusedAndNotShown() throws IOException {
        assertThat(problem("[notify.chat]", "webhook = \"http://chat.example.org/secret\""))
                .contains("'notify.chat.webhook' cannot be '********'")
                .doesNotContain("secret");
        assertThat(load("[notify.chat]", "webhook = \"http://chat.example.org/secret\"", "insecure = true")
                        .destinations())
                .hasSize(1);
        assertThat(load("[notify.chat]", "webhook = \"http://127.0.0.1:9/secret\"")
                        .destinations())
                .hasSize(1);
    }

    @Test
    void mistakesAreNamed() {
        assertThat(problem("[notify.chat]", "severity = \"critical\"")).contains("[notify.chat] has no destination");
        assertThat(problem("[notify.chat]", "webhook = \"https://a.b/c\"", "command = \"/bin/true\""))
                .contains("[notify.chat] has several destinations");
        assertThat(problem("[notify.\"a b\"]", "command = \"/bin/true\""))
                .contains("cannot be the name of a destination");
        assertThat(problem("[notify.a]", "command = \"/bin/true\"", "clusters = [\"other\"]"))
                .contains("there is no cluster 'other'");
        assertThat(problem("[notify.a]", "command = \"/bin/true\"", "severity = \"ok\""))
                .contains("expected warning or critical");
        assertThat(problem("[notify.a]", "command = \"/bin/true\"", "delays = [\"backlog\"]"))
                .contains("expected a list of subjects");
        assertThat(problem("[notify.a]", "mail-to = [\"a@b.c\"]")).contains("'notify.a.mail-server' is missing");
        assertThat(problem("[notify.a]", "command = \"/bin/true\"", "mail-user = \"x\""))
                .contains("is only for mail-to");
        assertThat(problem("[notify.a]", "mail-to = [\"a\"]", "mail-server = \"smtp://a.b\""))
                .contains("no address of mail");
        assertThat(problem("[notify.a]", "mail-to = [\"a@b.c\"]", "mail-server = \"smtp://a.b\"", "mail-user = \"x\""))
                .contains("expected both, or neither");
        assertThat(problem("[notify.a]", "mail-to = [\"a@b.c\"]", "mail-server = \"https://a.b\""))
                .contains("smtp://mail.example.org:587");
    }

    /** A mistake of another cluster must not stop a restore of this one. */
    @Test
    void aDestinationOfTwoClustersIsKeptInSpiteOfAMistakeOfTheOther() throws IOException {
        Path file = directory.resolve("both.toml");
        Files.writeString(file, """
                [repository.local]
                url = "file:///var/lib/tidemark"
                [cluster.main]
                acknowledge = "all"
                [cluster.other]
                acknowlege = 1
                [notify.pager]
                command = "/bin/true"
                clusters = ["main", "other"]
                [notify.others]
                command = "/bin/true"
                clusters = ["other"]
                """);

        assertThat(new ConfigurationLoader(
                                new Environment(Map.of(), directory, directory, directory), Clock.systemUTC())
                        .loadDespiteProblems(
                                Optional.of(file),
                                List.of(),
                                new ConfigurationLoader.Wanted(
                                        Optional.of(new ClusterName("main")), directory, List.of()))
                        .configuration()
                        .destinations())
                .extracting(NotifySettings::name)
                .containsExactly("pager");
    }

    @Test
    void secretsOfLinesAndMailServersAreMasked() {
        assertThat(SecretMask.shownLine("webhook = \"https://chat.example.org/hooks/1\"  # chat"))
                .isEqualTo("webhook = \"********\"  # chat");
        assertThat(problemOf("smtp://me:secret@mail.example.org")).doesNotContain("secret");
    }

    private String problemOf(String server) {
        return problem("[notify.mail]", "mail-to = [\"a@b.c\"]", "mail-server = \"" + server + "\"");
    }

    @Test
    void secretAddressesAreMaskedAndPathsAreNot() {
        Setting.SettingKey key = KnownKey.NOTIFY_WEBHOOK.key("chat");

        assertThat(SecretMask.shown(key, "https://chat.example.org/hooks/1")).isEqualTo("********");
        assertThat(SecretMask.shown(key, "/etc/tidemark/chat.url")).isEqualTo("/etc/tidemark/chat.url");
    }
}
