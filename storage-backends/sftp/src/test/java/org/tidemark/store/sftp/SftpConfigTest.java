// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.sftp.ProxyAddress.Kind;
import org.tidemark.store.sftp.SftpConfig.Create;
import org.tidemark.store.sftp.SftpConfig.Fsync;

class SftpConfigTest {
    private static SftpConfig parse(String address, Map<String, String> options) {
        return SftpConfig.parse(URI.create(address), new StoreOptions(options, name -> Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "sftp://u@host:2022/a/b, u, host, 2022, /a/b, sftp://u@host:2022/a/b",
        "sftp://u@host/a/b/, u, host, 22, /a/b, sftp://u@host/a/b",
        "sftp://u@[::1]:2022/a//b/./c/../d, u, ::1, 2022, /a/b/d, sftp://u@[::1]:2022/a/b/d",
        "sftp://u@10.0.0.1/a%20b, u, 10.0.0.1, 22, /a b, sftp://u@10.0.0.1/a b"
    })
    void anAddressNamesUserHostPortAndDirectory(
            String address, String user, String host, int port, String root, String description) {
        SftpConfig config = parse(address, Map.of());

        assertThat(config.server()).isEqualTo(new ServerAddress(user, host, port));
        assertThat(config.root()).isEqualTo(root);
        assertThat(config.description()).isEqualTo(description);
    }

    @Test
    void withoutAUserItIsTheOneOfThisProcess() {
        assertThat(parse("sftp://host/a", Map.of()).server().user()).isEqualTo(System.getProperty("user.name"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sftp://u@host",
                "sftp://u@host/",
                "sftp://u@host/a/..",
                "sftp:///a",
                "sftp:a",
                "ssh://u@host/a",
                "sftp://u@host:0/a",
                "sftp://u@host:65536/a",
                "sftp://u@host/a?b",
                "sftp://u@host/a#b",
                "sftp://u@host/a%0Ab"
            })
    void anAddressThatIsNoneSaysWhatWouldBe(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(address, Map.of()))
                .withMessageContaining("expected sftp://user@host:port/dir");
    }

    @Test
    void aPasswordInAnAddressIsRefusedAndNotShown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("sftp://u:hidden@host/a", Map.of()))
                .withMessageContaining("password-file")
                .withMessageNotContaining("hidden");
        for (String proxy : new String[] {"http://u:hidden@host:1", "socks5://u:hidden@host:1", "u:hidden@ host"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> parse("sftp://u@host/a", Map.of("proxy", proxy)))
                    .withMessageContaining("proxy-password-file")
                    .withMessageNotContaining("hidden");
        }
    }

    @Test
    void whatIsNotGivenIsSafe() {
        SftpConfig config = parse("sftp://u@host/a", Map.of());

        assertThat(config.access()).isEqualTo(Access.PRIVATE);
        assertThat(config.fsync()).isEqualTo(Fsync.REQUIRED);
        assertThat(config.create()).isEqualTo(Create.LINK);
        assertThat(config.knownHosts().files())
                .containsExactly(
                        Path.of(System.getProperty("user.home"), ".ssh", "known_hosts"),
                        Path.of("/etc/ssh/ssh_known_hosts"));
        assertThat(config.proxy()).isEmpty();
    }

    @Test
    void optionsAreRead() {
        SftpConfig config = parse(
                "sftp://u@host/a",
                Map.of(
                        "access", "group",
                        "fsync", "if-offered",
                        "create", "rename",
                        "connections", "7",
                        "key-file", "/k",
                        "known-hosts", "/h",
                        "proxy", "socks5://me@p:1080",
                        "connect-timeout", "3s"));

        assertThat(config.access()).isEqualTo(Access.GROUP);
        assertThat(config.fsync()).isEqualTo(Fsync.IF_OFFERED);
        assertThat(config.create()).isEqualTo(Create.RENAME);
        assertThat(config.connections()).isEqualTo(7);
        assertThat(config.login().keyFile()).contains(Path.of("/k"));
        assertThat(config.knownHosts()).isEqualTo(new KnownHosts(List.of(Path.of("/h")), true));
        assertThat(config.proxy()).contains(new ProxyAddress(Kind.SOCKS5, "p", 1080, "me", Optional.empty()));
        assertThat(config.limits().connect()).isEqualTo(Duration.ofSeconds(3));
    }

    @ParameterizedTest
    @CsvSource({
        "access, all",
        "fsync, never",
        "create, overwrite",
        "connections, 0",
        "connections, 65",
        "connections, many",
        "key-file, relative",
        "known-hosts, relative",
        "agent-socket, relative",
        "proxy, ftp://p:1",
        "proxy, http://p",
        "read-timeout, 0s"
    })
    void anOptionThatIsNotValidIsNamed(String option, String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("sftp://u@host/a", Map.of(option, value)))
                .withMessageContaining("'" + option + "'")
                .withMessageContaining("expected");
    }

    @Test
    void theProviderIsFoundByItsScheme() {
        assertThat(ServiceLoader.load(ObjectStoreProvider.class))
                .anyMatch(provider -> provider.scheme().equals("sftp"));
    }
}
