// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Secret;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings.TlsSettings.Mode;

class ConnectionSettingsTest {
    @TempDir
    Path home;

    @Test
    void valuesAreQuotedAsLibpqQuotesThem() {
        ConnectionSettings settings = parse("host = db1 user='o\\'brien  the \\\\ 2nd'\tdbname=a\\ b port=6543");

        assertThat(settings.addresses()).containsExactly(new ServerAddress("db1", 6543));
        assertThat(settings.user()).isEqualTo("o'brien  the \\ 2nd");
        assertThat(settings.database()).isEqualTo("a b");
    }

    @Test
    void aUriSaysTheSameAsPairsDo() {
        ConnectionSettings uri = parse("postgresql://tide%20mark:s%3Dcret@db1:6543,[::1]/main?connect_timeout=7");
        ConnectionSettings pairs =
                parse("user='tide mark' password='s=cret' host=db1,::1 port=6543,5432 dbname=main connect_timeout=7");

        assertThat(uri).isEqualTo(pairs);
        assertThat(uri.addresses()).containsExactly(new ServerAddress("db1", 6543), new ServerAddress("::1", 5432));
        assertThat(uri.connectTimeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(uri.password().map(Secret::value)).hasValue("s=cret");
    }

    @Test
    void aUriMayNameASocketDirectory() {
        assertThat(parse("postgresql://%2Ftmp%2Fpg/main").addresses())
                .containsExactly(new ServerAddress("/tmp/pg", 5432));
        assertThat(parse("postgresql:///main?host=/run/pg").addresses())
                .containsExactly(new ServerAddress("/run/pg", 5432));
    }

    @Test
    void anEmptyStringMeansTheSocketTheOwnNameAndTheDefaults() {
        ConnectionSettings settings = parse("");

        assertThat(settings.addresses()).singleElement().matches(ServerAddress::isUnixSocket);
        assertThat(settings.user()).isEqualTo("nobody");
        assertThat(settings.database()).isEqualTo("nobody");
        assertThat(settings.applicationName()).isEqualTo("tidemark");
        assertThat(settings.tls().mode()).isEqualTo(Mode.PREFER);
        assertThat(settings.passwordFile()).isEqualTo(home.resolve(".pgpass"));
    }

    @Test
    void theStringGoesBeforeTheServiceAndTheServiceBeforeTheEnvironment() throws IOException {
        Path services = home.resolve("services");
        Files.writeString(services, "# ours\n[other]\nhost=wrong\n[main]\nhost=db1\nport=6000\n\n[more]\nuser=wrong\n");
        Map<String, String> variables =
                Map.of("PGSERVICEFILE", services.toString(), "PGHOST", "db9", "PGUSER", "fromenv", "PGPASSWORD", "pw");

        ConnectionSettings settings =
                ConnectionSettings.parse("service=main port=7000", new ClientEnvironment(variables, home, "nobody"));

        assertThat(settings.addresses()).containsExactly(new ServerAddress("db1", 7000));
        assertThat(settings.user()).isEqualTo("fromenv");
        assertThat(settings.password().map(Secret::value)).hasValue("pw");
    }

    @Test
    void rootCertificatesMakeRequireVerify() throws IOException {
        assertThat(parse("sslmode=require").tls().mode()).isEqualTo(Mode.REQUIRE);
        assertThat(parse("sslmode=require sslrootcert=/ca.crt").tls().mode()).isEqualTo(Mode.VERIFY_CA);
        assertThat(parse("sslrootcert=system").tls().mode()).isEqualTo(Mode.VERIFY_FULL);

        Files.createDirectory(home.resolve(".postgresql"));
        Files.writeString(home.resolve(".postgresql/root.crt"), "");
        assertThat(parse("sslmode=require").tls().mode()).isEqualTo(Mode.VERIFY_CA);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            host=db1 hots=db2                    | hots
            host=db1 sslcrl=/x                   | sslcrl
            host db1                             | host
            user='unfinished                     | user
            port=70000                           | port
            port=1,2                             | port
            connect_timeout=0                    | connect_timeout
            sslmode=maybe                        | sslmode
            sslmode=require sslrootcert=system   | sslmode
            channel_binding=often                | channel_binding
            postgresql://db1/x?target=any&port   | port
            service=nowhere                      | nowhere
            """)
    void whatIsWrongIsNamed(String conninfo, String named) {
        assertThatExceptionOfType(UserFacingException.class)
                .isThrownBy(() -> parse(conninfo))
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .withMessageContaining("'" + named + "'");
    }

    @Test
    void aPasswordIsNeverPrinted() {
        ConnectionSettings settings = parse("host=db1 user=u password=hunter2 sslpassword=hunter3");

        assertThat(settings.toString()).contains("db1:5432").contains("password=********");
        assertThat(settings.toString() + settings.tls() + settings.password()).doesNotContain("hunter");
        assertThatExceptionOfType(UserFacingException.class)
                .isThrownBy(() -> parse("password='hunter2"))
                .satisfies(e -> assertThat(e.getMessage() + e.hint()).doesNotContain("hunter"));
        assertThat(new ClientEnvironment(Map.of("PGPASSWORD", "hunter2"), home, "u").toString())
                .doesNotContain("hunter");
    }

    private ConnectionSettings parse(String conninfo) {
        return new TestConnections(home).settings(conninfo);
    }
}
