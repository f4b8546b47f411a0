// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A primary that archives and has a backup, with a table {@code t} that holds 1; and the standbys made of it. */
final class ReplicatedCluster implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final PostgresBinaries binaries;
    private final TidemarkHost host = new TidemarkHost();
    private final List<PostgresServer> servers = new ArrayList<>();

    ReplicatedCluster(PostgresBinaries binaries) throws IOException {
        this.binaries = binaries;
        PostgresServer primary = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
        servers.add(primary);
        host.configure(primary.conninfo(), primary.dataDirectory());
        host.must("init");
        primary.sql("CREATE TABLE t AS SELECT 1 AS n");
        host.must("backup");
        primary.archiveCurrentSegment(LIMIT);
    }

    TidemarkHost host() {
        return host;
    }

    PostgresServer primary() {
        return servers.getFirst();
    }

    /** A standby that runs, and may not stream yet. */
    PostgresServer standby(String name, String... options) throws IOException {
        Path copy = host.directory().resolve(name);
        List<String> line = new ArrayList<>(List.of("recover", "--standby", "--to", copy.toString()));
        line.addAll(List.of(options));
        line.addAll(List.of("--primary", primary().conninfo() + " application_name=" + name));
        host.must(line.toArray(String[]::new));
        PostgresServer standby = PostgresServer.of(binaries).from(copy).start();
        servers.add(standby);
        return standby;
    }

    static String rows(PostgresServer server) {
        return server.query("SELECT string_agg(n::text, ',' ORDER BY n) FROM t");
    }

    /** A command said no, and why. */
    static void refused(Outcome outcome, String why) {
        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.NO.status());
        assertThat(outcome.talk()).contains(why);
    }

    @Override
    public void close() {
        servers.forEach(PostgresServer::close);
        host.close();
    }
}
