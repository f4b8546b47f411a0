// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerDirectory;
import org.tidemark.server.ServerSettings;
import org.tidemark.watch.check.CheckedCluster.ServerState;
import org.tidemark.watch.check.ReadyFiles.Trend;

/**
 * What the server said, and what is wrong with it. Immutable.
 *
 * @param state empty if it did not answer
 */
record ServerPart(List<Finding> findings, Optional<ServerState> state) {
    ServerPart {
        findings = List.copyOf(findings);
    }

    /** Asks the server. */
    static ServerPart ask(
            ConnectionSettings connection, ClusterSettings cluster, Path spool, BacklogMemory.Kept kept, Clock clock) {
        List<Finding> findings = new ArrayList<>();
        ServerState state;
        try (SqlConnection sql = SqlConnection.open(connection)) {
            ServerSettings settings = ServerSettings.ask(sql);
            Optional<ReceiverStatus> receiver = ServerCheck.archivesByPush(settings)
                    ? Optional.empty()
                    : ReceiverStatus.ask(sql, settings, connection, cluster, spool);
            findings.addAll(ServerCheck.of(settings, receiver));
            findings.addAll(DataDirectoryCheck.of(cluster, settings.dataDirectory(), ServerDirectory.started(sql)));
            Optional<ArchiverStatus> archiver = archiver(sql, settings);
            archiver.ifPresent(status -> findings.add(
                    finding(status, settings, cluster, new BacklogMemory(spool, kept, cluster.name(), clock))));
            findings.addAll(Check.all(Checks.SERVER, new AskedServer(sql, connection, settings, cluster, clock)));
            state = new ServerState(settings, archiver, receiver, timeline(sql));
        } catch (UserFacingException e) {
            return unreachable(cluster, Subject.SERVER.critical(e));
        }
        try (ReplicationConnection replication = ReplicationConnection.open(connection)) {
            replication.identifySystem();
            findings.add(Subject.REPLICATION.ok("the role may take base backups"));
        } catch (UserFacingException e) {
            findings.add(Subject.REPLICATION.critical(e));
        }
        return new ServerPart(findings, Optional.of(state));
    }

    /** A server that did not answer. */
    static ServerPart unreachable(ClusterSettings cluster, Finding why) {
        List<Finding> findings = new ArrayList<>(List.of(why));
        findings.addAll(DataDirectoryCheck.of(cluster, Optional.empty(), Optional.empty()));
        return new ServerPart(findings, Optional.empty());
    }

    private static Optional<Timeline> timeline(SqlConnection sql) {
        return sql.text(
                        ServerSettings.LIMIT,
                        "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END")
                .map(WalFile::parse)
                .filter(WalFile.Segment.class::isInstance)
                .map(file -> ((WalFile.Segment) file).timeline());
    }

    private static Optional<ArchiverStatus> archiver(SqlConnection sql, ServerSettings settings) {
        String mode = settings.setting("archive_mode").orElse("off");
        return mode.equals("always") || (mode.equals("on") && !settings.inRecovery())
                ? Optional.of(ArchiverStatus.ask(sql))
                : Optional.empty();
    }

    private static Finding finding(
            ArchiverStatus status, ServerSettings settings, ClusterSettings cluster, BacklogMemory memory) {
        Trend trend = status.ready().map(ready -> memory.compare(ready.count())).orElse(Trend.UNKNOWN);
        return status.finding(settings.identity(cluster.name()).walSegmentSize(), cluster.check(), trend);
    }
}
