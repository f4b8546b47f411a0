// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The third part: a table is dropped, and nobody knows when; the archive tells, and brings it back beside.
 *
 * @param primary the data directory of the primary, whose server runs
 * @param beside the directory in which the table comes back; the caller stops the server that runs there then
 */
record AccidentStory(DemoStage stage, Path primary, Path beside) {
    private static final String TABLE = "invoices";

    /** Returns if the table has come back with every row; otherwise throws. */
    void tell() throws IOException, InterruptedException {
        stage.chapter("Part three: somebody has dropped the invoices, and nobody knows when. The archive knows");
        Map<String, String> before = FailoverStory.tables(FailoverStory.conninfo(primary));
        FailoverStory.execute(primary, "DROP TABLE " + TABLE);
        FailoverStory.execute(primary, "INSERT INTO customers VALUES (3001, 'later', 'x')");
        stage.tidemark("switch-wal");
        stage.tidemark("wal-search", "--table", TABLE);

        stage.chapter("One command opens the moment before the DROP, beside the primary");
        stage.tidemark(
                "recover",
                "--to",
                beside.toString(),
                "--before-drop",
                TABLE,
                "--target-action",
                "promote",
                "--start",
                "--quiet");
        Map<String, String> tables = FailoverStory.tables(FailoverStory.conninfo(beside));
        stage.show(tables);
        DemoStage.mustBe(before, tables, "of the moment before the DROP");
        stage.say("\nEvery invoice is back. pg_dump takes the table home.");
    }
}
