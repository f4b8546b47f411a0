// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.Environment;
import org.tidemark.core.ClusterName;
import org.tidemark.session.Session;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.CheckRequest;
import org.tidemark.watch.check.Checkup;
import org.tidemark.watch.status.ClusterStatus;

class SiteTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final ClusterName MAIN = new ClusterName("main");
    private static final String SECRET = "hunter2";

    /** Neither the server nor a repository answers, so each is told with its address. */
    @Test
    void noPathTellsAPassword(@TempDir Path directory) throws Exception {
        try (StoredSession stored = StoredSession.ofTwo(directory, NOW)) {
            stored.in("near").backup(1, 6, 7);
            stored.in("near").wal(1, 6, 10);
            Path file = Files.writeString(directory.resolve("secrets.toml"), """
                    [host]
                    spool = '%1$s/spool'
                    [repository.near]
                    url = 'file://%1$s/near'
                    [repository.far]
                    url = 'sftp://me:%2$s@127.0.0.1:1/far'
                    [cluster.main]
                    repositories = ['near', 'far']
                    conninfo = 'host=127.0.0.1 port=1 user=me password=%2$s'
                    """.formatted(directory, SECRET));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            Observations observations = new Observations(stored.clock());
            observations.keep(Set.of(MAIN));
            try (Session session = Session.open(
                    new Environment(Map.of(), directory, directory.resolve("home"), directory),
                    stored.clock(),
                    new Session.Choice(Optional.of(file), List.of(), Optional.empty(), List.of(), List.of()),
                    new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8))) {
                observations.read(
                        MAIN,
                        Reading.of(
                                session,
                                ClusterStatus.of(session, ClusterReading.of(session, WalReading.WHOLE, NOW)),
                                NOW));
                CheckReport report =
                        Checkup.of(session, stored.clock(), new CheckRequest(Duration.ofSeconds(20), false, false));
                assertThat(report.findings().toString()).contains("far", "127.0.0.1");
                observations.checked(MAIN, new Checked(NOW, report));
            }
            Site site = new Site(stored.clock(), observations, new Metrics(stored.clock(), observations));

            for (String path : List.of("/", "/cluster/main", "/fleet.json", "/cluster/main.json", "/metrics")) {
                assertThat(new String(site.at(path, "").orElseThrow().body().get(), StandardCharsets.UTF_8))
                        .contains("main")
                        .doesNotContain(SECRET);
            }
        }
    }
}
