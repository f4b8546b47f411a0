// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Secret;
import org.tidemark.ssh.Ssh;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.rsync.RsyncAddress.Transport;

class RsyncConfigTest {
    private static RsyncConfig daemon(String address, Map<String, String> options) {
        return RsyncConfig.parse(
                Transport.DAEMON, URI.create(address), new StoreOptions(options, name -> Optional.empty()));
    }

    private static RsyncConfig ssh(String address, Map<String, String> options) {
        return RsyncConfig.parse(
                Transport.SSH, URI.create(address), new StoreOptions(options, name -> Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "rsync://bk@host:8730/mod/a/b, rsync://bk@host:8730/mod/a/b/./",
        "rsync://host/mod/, rsync://host/mod/./",
        "rsync://[::1]:873/mod, rsync://[::1]:873/mod/./",
        "rsync://db-1.example.org/mod/+x@y, rsync://db-1.example.org/mod/+x@y/./"
    })
    void aDaemonsAddressIsAModuleAndAPathInIt(String address, String root) {
        RsyncConfig config = daemon(address, Map.of());

        assertThat(new RsyncArguments(config).root()).isEqualTo(root);
        assertThat(config.address())
                .hasToString(address.endsWith("/") ? address.substring(0, address.length() - 1) : address);
    }

    @Test
    void anAddressOverSshIsAnAbsolutePath() throws Exception {
        RsyncConfig config = ssh("rsync+ssh://bk@host:2222/srv/tidemark", Map.of());

        assertThat(new RsyncArguments(config).root()).isEqualTo("bk@host:/srv/tidemark/./");
        assertThat(config.ssh().command(Ssh.Connection.SHARED))
                .startsWith("ssh", "-T", "-p", "2222")
                .contains("-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oConnectTimeout=10");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rsync:/mod",
                "rsync:///mod",
                "rsync://host",
                "rsync://host/",
                "rsync://host//mod",
                "rsync://host/mod/../x",
                "rsync://host/mod/.hidden",
                "rsync://host/mod/-x",
                "rsync://host/mod/a%20b",
                "rsync://host/mod/a*",
                "rsync://host/mod/$(id)",
                "rsync://host/mod/a;b",
                "rsync://-oProxyCommand=x@host/mod",
                "rsync://host:0/mod",
                "rsync://host:70000/mod",
                "rsync://host/mod?x=1",
                "rsync://host/mod#x",
                "rsync+ssh://host/mod",
                "file:///mod"
            })
    void anythingElseIsRefused(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> daemon(address, Map.of()))
                .withMessageContaining("expected rsync://user@host:port/module/path");
    }

    @Test
    void aPasswordInAnAddressIsRefusedAndNotRepeated() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> daemon("rsync://bk:hush-hush@host/mod", Map.of()))
                .withMessageContaining("on 'host'")
                .withMessageNotContaining("hush-hush");
    }

    @Test
    void whatSshOrAShellWouldTakeApartIsRefused() {
        for (String path : List.of("/with space", "/a%h", "/a'b", "/a\"b", "/$HOME/x", "/a;b", "/a~")) {
            assertThatIllegalArgumentException()
                    .as(path)
                    .isThrownBy(() -> ssh("rsync+ssh://host/srv/x", Map.of("key-file", path)))
                    .withMessageContaining("'key-file'");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ssh("rsync+ssh://host/srv/x", Map.of("known-hosts", "relative")))
                .withMessageContaining("expected an absolute path");
    }

    @Test
    void optionsAreReadAndWrongOnesNamed(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("password"), "hush\n");
        RsyncConfig config = daemon(
                "rsync://host/mod",
                Map.of(
                        "program", "/opt/bin/rsync",
                        "work-directory", "/var/tmp/x",
                        "cache", "10MiB",
                        "fsync", "if-offered",
                        "password-file", file.toString(),
                        "read-timeout", "2s"));

        assertThat(config.program()).isEqualTo("/opt/bin/rsync");
        assertThat(config.workDirectory()).isEqualTo(Path.of("/var/tmp/x"));
        assertThat(config.cacheBytes()).isEqualTo(10 * 1024 * 1024);
        assertThat(config.fsyncRequired()).isFalse();
        assertThat(config.password().map(Secret::value)).contains("hush");
        assertThat(new RsyncArguments(config).start(0)).contains("--timeout=2");
        assertThat(config.toString()).doesNotContain("hush");
        for (Map<String, String> wrong : List.of(
                Map.of("program", "rsync --daemon"),
                Map.of("cache", "much"),
                Map.of("fsync", "no"),
                Map.of("work-directory", "tmp"))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> daemon("rsync://host/mod", wrong))
                    .withMessageContaining("'" + wrong.keySet().iterator().next() + "'")
                    .withMessageContaining("expected");
        }
    }

    @Test
    void secondsAreRoundedUpAndNeverNone() {
        assertThat(Ssh.seconds(Duration.ofMillis(1))).isEqualTo(1);
        assertThat(Ssh.seconds(Duration.ofMillis(2001))).isEqualTo(3);
        assertThat(Ssh.seconds(Duration.ofSeconds(2))).isEqualTo(2);
    }

    @Test
    void aChildGetsThePasswordAndLittleOfOurEnvironment() {
        RsyncConfig config = daemon("rsync://host/mod", Map.of("password-command", "echo hush"));

        Map<String, String> environment = new RsyncArguments(config)
                .environment(Map.of("PATH", "/bin", "RSYNC_RSH", "evil", "HOME", "/root", "LANG", "de_DE"));

        assertThat(environment)
                .containsOnly(
                        Map.entry("PATH", "/bin"),
                        Map.entry("LC_ALL", "C"),
                        Map.entry("TZ", "UTC"),
                        Map.entry("RSYNC_PASSWORD", "hush"));
    }

    @Test
    void bothProvidersAreFoundByTheirSchemes() {
        assertThat(ServiceLoader.load(StoreDeclaration.class))
                .filteredOn(store -> store.scheme().startsWith("rsync"))
                .extracting(StoreDeclaration::provider)
                .containsExactlyInAnyOrder(RsyncStoreProvider.class.getName(), RsyncSshStoreProvider.class.getName());
        assertThat(new RsyncOptions().options())
                .extracting(StoreOption::name)
                .contains("password-file", "password-command", "fsync", "request-timeout")
                .doesNotContain("key-file");
        try (var store = new RsyncSshStoreProvider().open(URI.create("rsync+ssh://host/srv/x"), Map.of())) {
            assertThat(store.description()).isEqualTo("rsync+ssh://host/srv/x");
        }
    }
}
