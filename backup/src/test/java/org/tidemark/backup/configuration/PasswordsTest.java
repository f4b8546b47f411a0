// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.StoredConfiguration.Kind;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

final class PasswordsTest {
    private static String without(Kind kind, String text) {
        return new String(
                Passwords.of(text.getBytes(StandardCharsets.UTF_8), kind).without(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "primary_conninfo = 'host=a password=hidden user=b'",
                "primary_conninfo = 'host=a password=''hidden words'' user=b'",
                "primary_conninfo='password=\\'hidden x\\' sslpassword=hidden'",
                "primary_conninfo = 'password=a,hidden'",
                "primary_conninfo = 'password=,hidden'",
                "primary_conninfo = 'password=ab\\\\ hidden user=x'",
                "primary_conninfo = 'password=ab\"hidden user=x'",
                "primary_conninfo = 'password=''a\\\\''hidden'' user=x'",
                "#primary_conninfo = 'postgres://me:hidden@host/db'",
                "primary_conninfo = 'postgresql://u:pa/hidden@h/db'",
                "primary_conninfo = 'postgresql://u:p@hidden@h/db'",
                "primary_conninfo = 'postgresql://h/db?user=u&password=hidden'",
                "ssl_passphrase_command = 'echo hidden'",
                "archive_command = 'curl -u me:hidden -T %p ftp://x/%f'",
                "archive_command = 'PGPASSWORD=hidden psql'",
                "archive_command = 'pgbackrest --repo1-cipher-pass=hidden archive-push %p'",
                "archive_command = 'AZURE_STORAGE_KEY=hidden x %p --token=hidden'",
                "my.extension_token = 'hidden'",
                "primary_conninfo = host=db1 password=hidden",
                "port = 5432 # password: hidden",
                "# old password: hidden",
            })
    void noSettingKeepsOne(String line) {
        assertThat(without(Kind.SETTINGS, line + "\n")).doesNotContain("hidden").contains(Passwords.PLACEHOLDER);
        assertThat(Passwords.of(line.getBytes(StandardCharsets.UTF_8), Kind.SETTINGS)
                        .found())
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password_encryption = 'scram-sha-256'",
                "ssl_passphrase_command = ''",
                "credcheck.username_contain_password = on",
                "passwordcheck.min_length = 12",
                "primary_conninfo = 'host=a passfile=/x/y user=b'",
                "archive_command = 'tidemark wal-push %p'",
                "ssl_key_file = '/etc/ssl/private/server.key'",
                "#password_encryption = scram-sha-256\t# scram-sha-256 or md5",
            })
    void whatIsNoneStays(String line) {
        assertThat(without(Kind.SETTINGS, line + "\n")).isEqualTo(line + "\n");
    }

    @Test
    void theRestOfAnAddressStays() {
        assertThat(without(Kind.SETTINGS, "primary_conninfo = 'postgresql://h/d?password=x&host=y&sslmode=require'"))
                .isEqualTo("primary_conninfo = 'postgresql://h/d?password=left-out&host=y&sslmode=require'");
        assertThat(without(Kind.SETTINGS, "primary_conninfo = 'host=a password=x sslmode=require'"))
                .isEqualTo("primary_conninfo = 'host=a password=left-out sslmode=require'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host all all all ldap ldapserver=x ldapbindpasswd=hidden",
                "host all all all ldap ldapbindpasswd=\"hidden words\" ldapserver=x",
                "host all all all ldap \"ldapbindpasswd=hidden words\" ldapserver=x",
                "host all all all ldap ldapbindpasswd=aaa\"hidden\"",
                "host all all all ldap ldapbindpasswd=\"abc \\\nhidden\" ldapserver=x",
                "host all all all ldap ldapbindpasswd=\\\nhidden ldapserver=x",
                "host all all all radius radiussecrets=\"hidden,hidden\"",
                "host all all all radius radiussecrets=\"\"\"hidden one\"\",\"\"hidden two\"\"\"",
                "host all all all radius radiussecrets=a,hidden radiusservers=x",
                "host all all all trust # old password: hidden",
            })
    void noAccessRuleKeepsOne(String record) {
        assertThat(without(Kind.ACCESS, record + "\n"))
                .doesNotContain("hidden")
                .contains(Passwords.PLACEHOLDER)
                .startsWith("host all all all ")
                .endsWith("\n");
    }

    @Test
    void aRecordThatGoesOnStaysOne() {
        assertThat(without(
                        Kind.ACCESS,
                        "host all all all ldap ldapbindpasswd=x\\\n  ldapbasedn=\"dc=x\" \\\n y=z\nlocal a\n"))
                .isEqualTo(
                        "host all all all ldap ldapbindpasswd=\"left-out\"  ldapbasedn=\"dc=x\" \\\n y=z\nlocal a\n");
    }

    @Test
    void variablesOfAnEnvironment() {
        assertThat(without(Kind.OTHER, """
                # environment
                AWS_SECRET_ACCESS_KEY = 'hidden'
                PGPASSWORD=hidden
                MYTOKEN = 'hidden'
                PROXY = 'http://me:hidden@proxy'
                LANG = 'C'
                """)).isEqualTo("""
                # environment
                AWS_SECRET_ACCESS_KEY = 'left-out'
                PGPASSWORD = 'left-out'
                MYTOKEN = 'left-out'
                PROXY = 'left-out'
                LANG = 'C'
                """);
    }

    @Test
    void bytesThatAreNoTextStay() {
        byte[] latin = "# caf\u00e9\nport = 1\n".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(Passwords.of(latin, Kind.SETTINGS).without()).isEqualTo(latin);
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theFilesThatInitdbWritesAreLeftAlone(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries).create()) {
            for (String name : new String[] {"postgresql.conf", "pg_hba.conf", "pg_ident.conf"}) {
                byte[] content = Files.readAllBytes(server.dataDirectory().resolve(name));
                Kind kind = name.equals("postgresql.conf") ? Kind.SETTINGS : Kind.ACCESS;
                assertThat(Passwords.of(content, kind).found()).as(name).isEmpty();
                assertThat(Passwords.of(content, kind).without()).as(name).isEqualTo(content);
            }
        }
    }
}
