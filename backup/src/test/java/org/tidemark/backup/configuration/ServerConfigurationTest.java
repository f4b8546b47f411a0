// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.configuration.AccessRules.Include;
import org.tidemark.backup.configuration.ServerConfiguration.Packed;
import org.tidemark.backup.configuration.ServerConfiguration.Places;
import org.tidemark.catalog.backup.ConfigurationFile;
import org.tidemark.catalog.backup.StoredConfiguration;
import org.tidemark.catalog.backup.StoredConfiguration.Setting;
import org.tidemark.core.LocalFiles;

final class ServerConfigurationTest {
    @TempDir
    Path root = Path.of("/");

    private Path data = root;
    private Path etc = root;

    @BeforeEach
    void directories() throws IOException {
        root = root.toRealPath();
        data = Files.createDirectory(root.resolve("data"));
        etc = Files.createDirectory(root.resolve("etc"));
    }

    private Path file(String name, String text) throws IOException {
        Path file = etc.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private ServerConfiguration read(Path main) {
        SequencedMap<Setting, String> files = new LinkedHashMap<>();
        files.put(Setting.CONFIG_FILE, main.toString());
        files.put(Setting.HBA_FILE, data.resolve("pg_hba.conf").toString());
        return ServerConfiguration.read(
                new Places(data.toString(), files, List.of()), new HostConfiguration(new LocalFiles()));
    }

    private List<String> names(ServerConfiguration configuration) {
        return configuration.files().stream()
                .map(each -> etc.relativize(Path.of(each.file().path())).toString())
                .toList();
    }

    @Test
    void whatIsInTheDataDirectoryIsInTheBackupAlready() throws IOException {
        Path main = Files.writeString(data.resolve("postgresql.conf"), "include 'own.conf'\n");
        Files.writeString(data.resolve("own.conf"), "port = 1\n");
        Files.writeString(data.resolve("pg_hba.conf"), "local all all trust\n");

        assertThat(read(main).withLinked(_ -> true)).isEqualTo(ServerConfiguration.NONE);
    }

    /** SQL shows no links, and the real path of a link within the data directory is in it. */
    @Test
    void whatTheBackupDoesNotHaveOfTheDataDirectoryIsCaptured() throws IOException {
        Files.writeString(data.resolve("real.conf"), "include 'own.conf'\n");
        Path main = Files.createSymbolicLink(data.resolve("postgresql.conf"), data.resolve("real.conf"));
        Files.writeString(data.resolve("own.conf"), "port = 1\n");
        Files.writeString(data.resolve("pg_hba.conf"), "local all all trust\n");

        ServerConfiguration linked = read(main).withLinked(path -> !path.equals("postgresql.conf"));

        assertThat(linked.problems()).isEmpty();
        assertThat(linked.files()).singleElement().satisfies(each -> {
            assertThat(each.file().path()).isEqualTo(main.toString());
            assertThat(each.setting()).contains(Setting.CONFIG_FILE);
        });
    }

    @Test
    void aLinkOutOfTheDataDirectoryIsFollowed() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "");
        Path main = Files.createSymbolicLink(data.resolve("postgresql.conf"), file("real.conf", "include 'a.conf'\n"));
        Files.writeString(data.resolve("a.conf"), "port = 1\n");

        assertThat(read(main).files())
                .singleElement()
                .satisfies(each -> assertThat(each.file().path()).isEqualTo(main.toString()));
    }

    @Test
    void includesAreFollowedAsPostgresqlFollowsThem() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "host @" + etc + "/names all 10.0.0.0/8 trust\n");
        file("names", "one\n@more\n");
        file("more", "two\n");
        Path main = file(
                "postgresql.conf",
                "include 'sub/first.conf'\ninclude_dir = 'conf.d'\ninclude_if_exists 'nothing.conf'\ninclude 'lost'\n");
        file("sub/first.conf", "include '../loop.conf' # relative to this file\n");
        file("loop.conf", "include 'postgresql.conf'\ninclude 'sub/./first.conf'\n");
        file("conf.d/b.conf", "");
        file("conf.d/a.conf", "");
        file("conf.d/.hidden.conf", "");
        file("conf.d/a.txt", "");

        ServerConfiguration configuration = read(main);

        assertThat(names(configuration))
                .containsExactlyInAnyOrder(
                        "postgresql.conf",
                        "sub/first.conf",
                        "loop.conf",
                        "conf.d/a.conf",
                        "conf.d/b.conf",
                        "names",
                        "more");
        assertThat(configuration.problems())
                .containsExactly("the server's '" + etc + "/lost' is not in the backup: it does not exist");
        assertThat(configuration.files().getFirst().setting()).contains(Setting.CONFIG_FILE);
    }

    /** Its text could hold a password, and backup.json is never encrypted. */
    @Test
    void aLineThatPostgresqlCannotReadIsNotQuoted() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "");

        ServerConfiguration configuration = read(file("main.conf", "primary_conninfo = host=db1 password=hidden\n"));

        assertThat(names(configuration)).containsExactly("main.conf");
        assertThat(configuration.problems())
                .singleElement()
                .asString()
                .contains("includes is not in the backup", "a syntax error in line 1")
                .doesNotContain("hidden");
    }

    @Test
    void whatAnEarlierRestoreLeftOpenIsSaid() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "");

        assertThat(read(file("main.conf", "primary_conninfo = 'password=left-out'\n"))
                        .problems())
                .singleElement()
                .asString()
                .contains("has 'left-out' in the place of a password");
    }

    @Test
    void aPrivateKeyOrAHugeFileIsLeftOutAndSaid() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "");
        file("key.conf", "-----BEGIN RSA PRIVATE KEY-----\n");
        file("huge.conf", "#".repeat(ConfigurationHost.MAX_BYTES + 1));

        ServerConfiguration configuration = read(file("main.conf", "include 'key.conf'\ninclude 'huge.conf'\n"));

        assertThat(names(configuration)).containsExactly("main.conf");
        assertThat(configuration.problems())
                .hasSize(2)
                .anySatisfy(each -> assertThat(each).contains("key.conf", "holds a private key"))
                .anySatisfy(each -> assertThat(each).contains("huge.conf", "it has 1048577 bytes"));
    }

    @Test
    void aConfigurationWithoutEndEndsAtTheLimit() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "");
        for (int i = 0; i <= StoredConfiguration.MAX_FILES; i++) {
            file("conf.d/" + i + ".conf", "");
        }

        ServerConfiguration configuration = read(file("main.conf", "include_dir 'conf.d'\n"));

        assertThat(configuration.files()).hasSize(StoredConfiguration.MAX_FILES);
        assertThat(configuration.problems()).singleElement().asString().contains("more files than a backup takes");
    }

    @Test
    void accessRulesNameFilesInEveryPlaceThatPostgresqlReads() {
        assertThat(AccessRules.includes("""
                        # host @comment all all trust
                        local @"with blank",other all trust # @not
                        host "@quoted" @users all md5
                        include "dir/a b.conf"
                        include_dir rules.d
                        include_if_exists x.conf
                        local include all trust
                        """))
                .containsExactly(
                        new Include("with blank", false, false),
                        new Include("users", false, false),
                        new Include("dir/a b.conf", false, false),
                        new Include("rules.d", true, false),
                        new Include("x.conf", false, true));
    }

    @Test
    void anEncryptedBackupKeepsThem() throws IOException {
        Files.writeString(data.resolve("pg_hba.conf"), "");
        ServerConfiguration configuration = read(file("main.conf", "primary_conninfo = 'password=one'\n"));

        Packed plain = configuration.pack(false);
        Packed encrypted = configuration.pack(true);

        assertThat(plain.files().getFirst().withoutPasswords()).containsExactly("primary_conninfo in line 1");
        assertThat(encrypted.files().getFirst().withoutPasswords()).isEmpty();
        assertThat(new String(plain.archive(), StandardCharsets.ISO_8859_1)).doesNotContain("one");
        assertThat(new String(encrypted.archive(), StandardCharsets.ISO_8859_1)).contains("one");
    }

    @Test
    void noPathLeadsOutOfTheDirectoryOfARestore() {
        for (String path : List.of("/", "a", "/a/../b", "/../a", "/a//b", "/a/.", "/a/", "/a\0b", "")) {
            assertThatThrownBy(() -> new ConfigurationFile(path, 0600, Instant.EPOCH, new byte[0]))
                    .as(path)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
