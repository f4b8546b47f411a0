// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SystemUserTest {
    /** A directory service gives such numbers. */
    @Test
    void aUserMayHaveANumberOfTenDigits() {
        assertThat(SystemUser.parse("pg:*:1284600513:1284600514:PostgreSQL:/home/pg:/bin/bash"))
                .contains(new SystemUser(1_284_600_513, 1_284_600_514, "pg", Path.of("/home/pg"), true));
    }

    @Test
    void whatIsNoLineOfThePasswordDatabaseIsNoUser() {
        assertThat(SystemUser.parse("")).isEmpty();
        assertThat(SystemUser.parse("pg:*:x:1:PostgreSQL:/home/pg:/bin/bash")).isEmpty();
    }
}
