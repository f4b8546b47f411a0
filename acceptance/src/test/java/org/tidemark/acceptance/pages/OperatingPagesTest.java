// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.CopiedCommands;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.TemporaryTree;

/** Pages of {@code docs}, every block, one after the other on a host that was set up as the start page says. */
@Order(0) // the longest
@InTurn
class OperatingPagesTest {
    private static final List<String> PAGES = List.of(
            "backup/backup",
            "restore/recover",
            "restore/drill",
            "archive/second-cluster",
            "repair/conflict",
            "repair/full-pg-wal",
            "repair/replaced-repository",
            "restore/restore-in-place",
            "restore/standby");

    private static final int BLOCKS_TO_A_BACKUP = 5;
    private static final String IN_PLACE = "docs/restore/restore-in-place.md";
    private static final String STORE_DOWN = "docs/repair/full-pg-wal.md";
    private static final int BLOCKS_TO_MORE_ROOM = 3;
    private static final int BLOCKS_IN_PLACE = 7;
    private static final int BLOCKS_TO_ARCHIVE = 2;
    private static final int BLOCKS_TO_A_NEW_BACKUP = 3;
    private static final String PROTECTED = "tidemark check -v --cluster main";
    private static final String ROWS = "psql -Atc \"SELECT string_agg(n::text, ',' ORDER BY n) FROM rows\"";

    @Test
    void everyBlockOfEachPageWorksOnOneHost() throws Exception {
        try (PageHost host = new PageHost()) {
            host.follow("docs/start/README.md", 0, BLOCKS_TO_A_BACKUP);
            host.run("postgres", PROTECTED);
            host.run("postgres", "mkdir /var/lib/postgresql/15/fast");
            host.run("postgres", "psql -c \"CREATE TABLESPACE fast LOCATION '/var/lib/postgresql/15/fast'\"");
            host.run(
                    "postgres", "psql -c 'CREATE TABLE rows (n int) TABLESPACE fast' -c 'INSERT INTO rows VALUES (1)'");

            afterACopyHasArchived(host);
            host.follow("docs/repair/conflict.md");
            host.run("postgres", PROTECTED);

            whileTheStoreIsDown(host);
            host.run("postgres", PROTECTED);

            TemporaryTree.delete(host.root().resolve("var/lib/tidemark"));
            host.follow("docs/repair/replaced-repository.md");
            host.run("postgres", PROTECTED);

            host.follow("docs/backup/backup.md");
            host.follow("docs/watch/audit.md");
            restoreInPlace(host, "1,2");
            restoreInPlace(host, "1,2,3");
            goOver(host, "1,2,3,3");

            host.createCluster("second");
            host.replace("5433", Integer.toString(host.port(1)));
            host.follow("docs/archive/second-cluster.md");
            assertThat(host.printed()).contains("second · protected");
            host.run("postgres", "psql -c 'INSERT INTO rows VALUES (4)'; tidemark switch-wal --cluster main; sleep 5");
            host.run("postgres", PROTECTED);

            followAFailover(host);
            host.run("postgres", PROTECTED);
        }
    }

    /** What any command prints for copying is run as a dry run where it is printed, or on one of the pages. */
    @Test
    void everyPrintedCommandWithoutADryRunIsOnAPage() throws IOException {
        StringBuilder blocks = new StringBuilder(PageHost.blocks("docs/start/README.md"));
        for (String page : PAGES) {
            blocks.append(PageHost.blocks("docs/" + page + ".md"));
        }

        assertThat(CopiedCommands.ON_PAGES)
                .allSatisfy(name -> assertThat(blocks.toString()).containsPattern("tidemark " + name + "\\b"));
    }

    /** A tablespace can be in one place of a host only. */
    private static void followAFailover(PageHost host) throws IOException, InterruptedException {
        host.run("postgres", "psql -c 'ALTER TABLE rows SET TABLESPACE pg_default' -c 'DROP TABLESPACE fast'");
        host.run("postgres", "tidemark backup --cluster main");
        host.follow("docs/restore/what-happened.md");
        assertThat(host.printed()).contains("DROP of public.orders in database postgres, about 1,000 rows", "\n1000\n");
        host.follow("docs/restore/recover.md");
        host.follow("docs/restore/drill.md");
        assertThat(host.printed()).contains("main · PROVEN to ");
        host.createCluster("standby");
        host.replace("port=5432", "port=" + host.port(0));
        host.replace("5434", Integer.toString(host.port(2)));
        host.replace("tidemark promote", "tidemark promote --wait 1s");
        String rows = host.run("postgres", ROWS);
        host.follow("docs/restore/standby.md");
        assertThat(host.run("postgres", ROWS.replace("psql", "psql -p 5434"))).isEqualTo(rows);
    }

    /** A copy stores two segments as if it were the original, on another host, before the original stores them. */
    private static void afterACopyHasArchived(PageHost host) throws IOException, InterruptedException {
        String copy = "/var/lib/postgresql/15/copy";
        int port = FreePort.next();
        host.run("root", "pg_ctlcluster 15 main stop; cp -a /var/lib/postgresql/15/main " + copy);
        host.run(
                "root",
                "cd /etc/tidemark; sed -e 's#^data-directory.*#data-directory = \"" + copy
                        + "\"#' -e 's#^.host.#[host]\\nspool = \"" + copy + ".spool\"#' tidemark.toml > copy.toml;"
                        + " chown root:postgres copy.toml; chmod 640 copy.toml;"
                        + " sed -i 's#--config [^'\"'\"' ]*#--config /etc/tidemark/copy.toml#' " + copy
                        + "/postgresql.auto.conf");
        String control = "/usr/lib/postgresql/15/bin/pg_ctl -w -D " + copy;
        host.run(
                "postgres",
                control + " -l " + copy + ".log -o '-c config_file=/etc/postgresql/15/main/postgresql.conf"
                        + " -c data_directory=" + copy + " -c external_pid_file=" + copy + ".pid -c port=" + port
                        + " -c listen_addresses=' start");
        String refused = "";
        for (int i = 0; i < 2; i++) {
            String segment = host.run(
                            "postgres",
                            "psql -p " + port + " -Atc 'INSERT INTO rows VALUES (666)'"
                                    + " -c 'SELECT pg_walfile_name(pg_switch_wal())' | tail -1")
                    .strip();
            host.run(
                    "postgres",
                    "until test -e " + copy + "/pg_wal/archive_status/" + segment + ".done; do sleep 0.2; done");
            refused = refused.isEmpty() ? segment : refused;
        }
        host.run("postgres", control + " -m immediate stop");
        host.run("root", "pg_ctlcluster 15 main start");
        host.run("postgres", "psql -c 'INSERT INTO rows VALUES (2)' -c 'SELECT pg_switch_wal()'");
        host.run(
                "postgres",
                "until psql -Atc 'SELECT last_failed_wal FROM pg_stat_archiver' | grep " + refused
                        + "; do sleep 0.2; done");
        host.replace("000000010000000000000004", refused);
        host.replace("/tmp/stored", host.root() + "/pg/stored");
        host.replace("/var/lib/postgresql/aside", host.root() + "/pg/aside");
    }

    /** First with a server that runs, then with one that has stopped. */
    private static void whileTheStoreIsDown(PageHost host) throws IOException, InterruptedException {
        host.replace("/mnt/emergency", host.root() + "/emergency");
        host.replace("/mnt/larger", host.root() + "/larger");
        String away = "mv /var/lib/tidemark /var/lib/tidemark.away";
        host.run("root", away + "; install -d -o postgres -g postgres -m 0700 /var/lib/tidemark");
        host.run("postgres", "psql -c 'CREATE TABLE kept AS SELECT 1' -c 'SELECT pg_switch_wal()'");
        host.follow(STORE_DOWN, 0, 1);
        host.run("postgres", "psql -c 'DROP TABLE kept'");
        host.follow(STORE_DOWN, 1, 1);
        host.run("root", "pg_ctlcluster 15 main stop");
        host.follow(STORE_DOWN, BLOCKS_TO_ARCHIVE, BLOCKS_TO_MORE_ROOM);
        host.run("root", "rmdir /var/lib/tidemark; mv /var/lib/tidemark.away /var/lib/tidemark");
        host.follow(STORE_DOWN, BLOCKS_TO_ARCHIVE + BLOCKS_TO_MORE_ROOM);
        host.run("root", "sed -i '/^.repository.emergency/,$d' /etc/tidemark/tidemark.toml");
    }

    /** With the steps that are the same as without --delta. */
    private static void goOver(PageHost host, String rows) throws IOException, InterruptedException {
        host.follow(IN_PLACE, 0, BLOCKS_TO_ARCHIVE);
        host.follow(IN_PLACE, BLOCKS_IN_PLACE);
        host.follow(IN_PLACE, BLOCKS_IN_PLACE - BLOCKS_TO_A_NEW_BACKUP, BLOCKS_TO_A_NEW_BACKUP);
        assertThat(host.run("postgres", ROWS)).isEqualTo(rows + "\n");
    }

    private static void restoreInPlace(PageHost host, String rows) throws IOException, InterruptedException {
        host.follow(IN_PLACE, 0, BLOCKS_IN_PLACE);
        assertThat(host.run("postgres", ROWS)).isEqualTo(rows + "\n");
        for (String name : List.of("main", "fast")) {
            String directory = "/var/lib/postgresql/15/" + name;
            host.run("postgres", "mv " + directory + ".aside " + directory + "." + rows);
        }
        host.run("postgres", "psql -c 'INSERT INTO rows VALUES (3)'");
    }
}
