// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecretMaskTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "host=db1 password=secret user=me | host=db1 password=******** user=me",
                "password='se cret' host=db1 | password=******** host=db1",
                "password = 'it\\'s secret' host=db1 | password = ******** host=db1",
                "PASSWORD=secret\\ secret host=db1 | PASSWORD=******** host=db1",
                "sslpassword=secret host=db1 | sslpassword=******** host=db1",
                "passfile=/home/me/.pgpass host=db1 | passfile=/home/me/.pgpass host=db1",
                "postgresql://me:secret@db1/postgres | postgresql://me:********@db1/postgres",
                "postgresql://me:sec@ret@db1/postgres | postgresql://me:********@db1/postgres",
                "postgresql://db1/postgres?password=secret&user=me | postgresql://db1/postgres?password=********&user=me",
                "host=db1 user=me | host=db1 user=me",
            })
    void passwordsAreHiddenAndNothingElse(String text, String masked) {
        assertThat(SecretMask.masked(text)).isEqualTo(masked);
    }
}
