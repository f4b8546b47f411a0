// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.PageCheck.PageChecksum;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class FilesOfRealServersTest {
    static List<PostgresBinaries> every() {
        return PostgresBinaries.embedded();
    }

    @ParameterizedTest
    @MethodSource("every")
    void controlFileAndPagesAreReadAsTheServerReadsThem(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries).start()) {
            server.sql(
                    "CREATE EXTENSION pageinspect",
                    "CREATE TABLE t AS SELECT g, md5(g::text) AS text FROM generate_series(1, 3000) g",
                    "CREATE INDEX ON t (text)",
                    "VACUUM t",
                    "CHECKPOINT");

            assertControlFile(server);
            assertChecksumsAreThoseOfPageinspect(server);

            server.stopFast();
            assertThat(ControlFile.read(server.dataDirectory()).state()).isEqualTo(ClusterState.SHUT_DOWN);
            assertEveryPageIsSound(server.dataDirectory());
        }
    }

    private static void assertControlFile(PostgresServer server) throws IOException {
        ControlFile control = ControlFile.read(server.dataDirectory());

        assertThat(control.postgresMajor()).isEqualTo(server.binaries().major());
        assertThat(control.state()).isEqualTo(ClusterState.IN_PRODUCTION);
        assertThat(String.join(
                        " ",
                        control.system().toString(),
                        Integer.toString(control.version()),
                        Integer.toString(control.catalogVersion())))
                .isEqualTo(server.query("SELECT concat_ws(' ', system_identifier, pg_control_version,"
                        + " catalog_version_no) FROM pg_control_system()"));
        ControlFile.Checkpoint checkpoint = control.checkpoint();
        assertThat(String.join(
                        " ",
                        checkpoint.location().toString(),
                        checkpoint.redo().toString(),
                        checkpoint.timeline().toString(),
                        (checkpoint.nextXid() >>> 32) + ":" + (checkpoint.nextXid() & 0xFFFF_FFFFL),
                        Long.toString(checkpoint.time().getEpochSecond())))
                .isEqualTo(server.query("SELECT concat_ws(' ', checkpoint_lsn, redo_lsn, timeline_id, next_xid,"
                        + " extract(epoch FROM checkpoint_time)::bigint) FROM pg_control_checkpoint()"));
        ControlFile.Layout layout = control.layout();
        assertThat(String.join(
                        " ",
                        Integer.toString(layout.pageSize()),
                        Integer.toString(layout.relationSegmentPages()),
                        Integer.toString(layout.walPageSize()),
                        Integer.toString(layout.walSegmentSize().bytes()),
                        Integer.toString(control.dataChecksumVersion())))
                .isEqualTo(server.query("SELECT concat_ws(' ', database_block_size, blocks_per_segment,"
                        + " wal_block_size, bytes_per_wal_segment, data_page_checksum_version)"
                        + " FROM pg_control_init()"));
        ControlFile.StandbySettings settings = control.settings();
        assertThat(String.join(
                        " ",
                        Integer.toString(settings.maxConnections()),
                        Integer.toString(settings.maxWorkerProcesses()),
                        Integer.toString(settings.maxWalSenders()),
                        Integer.toString(settings.maxPreparedTransactions()),
                        Integer.toString(settings.maxLocksPerTransaction())))
                .isEqualTo(server.query("SELECT concat_ws(' ', current_setting('max_connections'),"
                        + " current_setting('max_worker_processes'), current_setting('max_wal_senders'),"
                        + " current_setting('max_prepared_transactions'),"
                        + " current_setting('max_locks_per_transaction'))"));
    }

    private static void assertChecksumsAreThoseOfPageinspect(PostgresServer server) {
        PageChecksum checksum = new PageChecksum(8192);
        for (String fork : List.of("main", "fsm", "vm")) {
            for (long block : new long[] {0, 1, 131071, 131072, 4_000_000}) {
                String[] answer = server.query("SELECT encode(page, 'hex') || ' ' || page_checksum(page, " + block
                                + ") FROM get_raw_page('t', '" + fork + "', 0) AS page")
                        .split(" ", -1);

                int computed = checksum.compute(HexFormat.of().parseHex(answer[0]), 0, block);

                assertThat(computed).isEqualTo(Short.parseShort(answer[1]) & 0xFFFF);
            }
        }
    }

    private static void assertEveryPageIsSound(Path dataDirectory) throws IOException {
        ControlFile control = ControlFile.read(dataDirectory);
        PageCheck check = new PageCheck(
                control.pageSize(),
                control.dataChecksumVersion(),
                control.checkpoint().redo());
        List<RelationFileCheck.Finding> findings = new ArrayList<>();
        long pages = 0;
        for (Path file : filesBelow(dataDirectory)) {
            Optional<RelationFile> relation =
                    RelationFile.of(dataDirectory.relativize(file).toString());
            if (relation.isPresent()) {
                RelationFileCheck fileCheck = new RelationFileCheck(
                        relation.get(), check, control.layout().relationSegmentPages());
                byte[] bytes = Files.readAllBytes(file);
                fileCheck.update(bytes, 0, bytes.length);
                RelationFileCheck.Result result = fileCheck.finish();
                findings.addAll(result.findings());
                pages += result.pages();
            }
        }

        assertThat(findings).isEmpty();
        assertThat(pages).isGreaterThan(1000);
    }

    private static List<Path> filesBelow(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
