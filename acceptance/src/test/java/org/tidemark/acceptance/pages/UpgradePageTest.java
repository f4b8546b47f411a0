// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tidemark.testkit.InTurn;

/** {@code docs/archive/postgresql-upgrade.md}, by pg_upgrade from version 15 to itself: a new system identifier. */
@InTurn
class UpgradePageTest {
    private static final String PAGE = "docs/archive/postgresql-upgrade.md";
    private static final int BLOCKS_TO_A_BACKUP = 5;

    @Test
    void anUpgradedClusterIsProtectedAgainAndItsOldBackupsStay() throws Exception {
        try (PageHost host = new PageHost()) {
            host.follow("docs/start/README.md", 0, BLOCKS_TO_A_BACKUP);
            host.run("postgres", "psql -c 'CREATE TABLE rows AS SELECT generate_series(1, 100) AS n'");
            host.createCluster("upgraded");
            String upgraded = host.root().getFileName() + "upgraded";
            host.replace("pg_createcluster 17 main", "pg_ctlcluster 15 " + upgraded + " stop");
            host.replace("ctlcluster 17 main", "ctlcluster 15 " + upgraded);
            host.replace("/etc/postgresql/17/main", "/etc/postgresql/15/" + upgraded);
            host.replace("/usr/lib/postgresql/17/", "/usr/lib/postgresql/15/");
            host.replace("/var/lib/postgresql/17/main", host.root() + "/pg/upgraded");
            host.replace("/var/lib/postgresql/17/", host.root() + "/pg/");
            host.replace("5433", Integer.toString(host.port(1)));

            host.follow(PAGE, 0, 1);
            // From here on the server is the new one.
            host.archivesAt(host.port(1));
            host.follow(PAGE, 1);

            assertThat(host.run("postgres", "psql -p " + host.port(1) + " -Atc 'SELECT count(*) FROM rows'"))
                    .isEqualTo("100\n");
            assertThat(host.run("postgres", "tidemark list-backup").lines().filter(line -> line.contains(" complete ")))
                    .hasSizeGreaterThanOrEqualTo(3);
        }
    }
}
