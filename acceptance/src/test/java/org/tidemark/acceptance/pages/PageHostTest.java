// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Pages are followed beside one another, by classes of one JVM and by several JVMs. */
class PageHostTest {
    @Test
    void severalHostsDoNotMeet() throws Exception {
        try (PageHost one = new PageHost();
                PageHost other = new PageHost()) {
            one.run("postgres", "psql -c 'CREATE TABLE mine (n int)'");

            assertThat(other.run("postgres", "psql -Atc \"SELECT count(*) FROM pg_class WHERE relname = 'mine'\""))
                    .isEqualTo("0\n");
        }
    }
}
