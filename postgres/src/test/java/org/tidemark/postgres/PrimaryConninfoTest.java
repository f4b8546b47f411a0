// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

class PrimaryConninfoTest {
    private static String of(String conninfo, Map<String, String> variables) {
        return PrimaryConninfo.of(
                        conninfo, "here", new ClientEnvironment(variables, Path.of("/var/lib/postgresql"), "postgres"))
                .text();
    }

    @Test
    void whatTheServersEnvironmentMightLackIsWritten() {
        assertThat(of("host=db1", Map.of("PGPORT", "6000")))
                .isEqualTo("host=db1 port=6000 user=postgres application_name=here");
        assertThat(of("dbname=app user=r", Map.of("PGHOST", "db1,db2")))
                .isEqualTo("user=r host=db1,db2 port=5432,5432 application_name=here");
    }

    @Test
    void theOwnNameOfTheStandbyStays() {
        assertThat(of("host=db1 user=r application_name=second", Map.of()))
                .isEqualTo("host=db1 user=r application_name=second port=5432");
    }

    @Test
    void anAddressInTheFormOfAUriIsTheSame() {
        assertThat(of("postgresql://r@db1:6000/app?sslmode=require", Map.of()))
                .contains("host=db1", "port=6000", "user=r", "sslmode=require", "application_name=here")
                .doesNotContain("app?", "dbname");
    }

    @Test
    void blanksAndQuotesAreQuotedAsLibpqReadsThem() {
        assertThat(of("host='/the sockets' user='a\\'b\\\\c'", Map.of()))
                .contains("host='/the sockets'", "user='a\\'b\\\\c'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"host=db1 password=x", "postgresql://r:x@db1/", "host=db1 sslpassword=x"})
    void aPasswordIsWrittenNowhere(String conninfo) {
        assertThatThrownBy(() -> of(conninfo, Map.of()))
                .hasMessageContaining("has a password")
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }
}
