// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.tidemark.backup.source.FilesSource;
import org.tidemark.backup.source.SourceChoice;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.PostgresHost;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.server.ServerSettings;

/** How the next backup would read the files, and what that lacks. Begins no backup. */
final class SourceCheck {
    private SourceCheck() {}

    static List<Finding> look(
            ConnectionSettings connection, ClusterSettings cluster, ServerSettings server, Clock clock) {
        if (cluster.sshHost().isEmpty() && !SummarizeWalCheck.isOfUse(server, cluster.schedule())) {
            return List.of();
        }
        SourceChoice choice;
        try (ReplicationConnection replication = ReplicationConnection.open(connection)) {
            choice = SourceChoice.of(
                    SourceMethod.AUTO,
                    BaseBackup.Type.FULL,
                    PostgresHost.reach(cluster),
                    1,
                    OptionalLong.empty(),
                    connection,
                    replication,
                    Checkpoint.FAST,
                    clock);
            choice.files().ifPresent(FilesSource::close);
        } catch (IOException | UserFacingException e) {
            // Why the role may take no backup is said elsewhere.
            return cluster.sshHost().stream()
                    .map(_ -> Subject.SSH_HOST.warning("this could not be checked: " + e.getMessage(), ""))
                    .toList();
        }
        List<Finding> findings = new ArrayList<>();
        if (choice.method() == SourceMethod.SSH) {
            findings.add(Subject.SSH_HOST.ok(
                    "backups read PostgreSQL's files on " + cluster.sshHost().orElseThrow()));
        } else if (choice.method() == SourceMethod.STREAM) {
            choice.refused()
                    .ifPresent(why -> findings.add(Subject.SSH_HOST.warning(
                            "backups cannot read PostgreSQL's files on "
                                    + cluster.sshHost().orElseThrow() + ", so PostgreSQL sends them: " + why.reason(),
                            why.hint() + ".")));
            findings.addAll(SummarizeWalCheck.of(server, cluster.schedule(), clock.instant()));
        }
        return findings;
    }
}
