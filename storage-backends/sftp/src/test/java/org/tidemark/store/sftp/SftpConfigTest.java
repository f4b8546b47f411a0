// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.SshDestination;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.sftp.SftpConfig.Access;
import org.tidemark.store.sftp.SftpConfig.Create;
import org.tidemark.store.sftp.SftpConfig.Fsync;

class SftpConfigTest {
    private static SftpConfig parse(String address, Map<String, String> options) {
        return SftpConfig.parse(URI.create(address), new StoreOptions(options, name -> Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "sftp://u@host:2022/a/b, u, host, 2022, /a/b, sftp://u@host:2022/a/b",
        "sftp://u@host/a/b/, u, host, 0, /a/b, sftp://u@host/a/b",
        "sftp://u@[::1]:2022/a//b/./c/../d, u, ::1, 2022, /a/b/d, sftp://u@[::1]:2022/a/b/d",
        "sftp://u@10.0.0.1/a%20b, u, 10.0.0.1, 0, /a b, sftp://u@10.0.0.1/a b"
    })
    void anAddressNamesUserHostPortAndDirectory(
            String address, String user, String host, int port, String root, String description) {
        SftpConfig config = parse(address, Map.of());

        assertThat(config.server())
                .isEqualTo(new SshDestination(
                        Optional.of(user), host, port == 0 ? OptionalInt.empty() : OptionalInt.of(port)));
        assertThat(config.root()).isEqualTo(root);
        assertThat(config.description()).isEqualTo(description);
    }

    @Test
    void withoutAUserItIsTheOneOfThisProcess() {
        assertThat(parse("sftp://host/a", Map.of()).server().userName()).isEqualTo(System.getProperty("user.name"));
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
                "sftp://-oProxyCommand=x@host/a",
                "sftp://u;id@host/a",
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
    }

    @Test
    void whatIsNotGivenIsSafe() {
        SftpConfig config = parse("sftp://u@host/a", Map.of());

        assertThat(config.access()).isEqualTo(Access.PRIVATE);
        assertThat(config.fsync()).isEqualTo(Fsync.REQUIRED);
        assertThat(config.create()).isEqualTo(Create.LINK);
        assertThat(config.login().knownHosts()).as("ssh's own").isEmpty();
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
                        "ssh-config", "/c",
                        "connect-timeout", "3s"));

        assertThat(config.access()).isEqualTo(Access.GROUP);
        assertThat(config.fsync()).isEqualTo(Fsync.IF_OFFERED);
        assertThat(config.create()).isEqualTo(Create.RENAME);
        assertThat(config.connections()).isEqualTo(7);
        assertThat(config.login().keyFile()).contains(Path.of("/k"));
        assertThat(config.login().knownHosts()).contains(Path.of("/h"));
        assertThat(config.login().configuration()).contains(Path.of("/c"));
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
        "ssh-config, relative",
        "key-file, /with space",
        "key-file, /a%h",
        "known-hosts, /a;b",
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
        assertThat(ServiceLoader.load(StoreDeclaration.class))
                .filteredOn(store -> store.scheme().equals("sftp"))
                .singleElement()
                .satisfies(store -> assertThat(store.provider()).isEqualTo(SftpStoreProvider.class.getName()))
                .satisfies(store -> assertThat(store.options())
                        .extracting(StoreOption::name)
                        .contains("key-file"));
    }
}
