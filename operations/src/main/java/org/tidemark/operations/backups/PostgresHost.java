// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.util.Optional;
import org.tidemark.backup.source.SourceHost;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SshDestination;
import org.tidemark.core.TimeLimits;
import org.tidemark.core.UserFacingException;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshLogin;
import org.tidemark.ssh.sftp.SftpFiles;

/** The host that {@code ssh-host} of a cluster names. */
public final class PostgresHost {
    /**
     * How backups reach it; empty if none is named.
     *
     * @throws UserFacingException {@link ExitCode#USAGE} if the method needs one
     */
    static Optional<SourceHost.Reach> reach(Optional<ClusterSettings> cluster, SourceMethod method) {
        Optional<SourceHost.Reach> reach = cluster.flatMap(PostgresHost::reach);
        if (method == SourceMethod.SSH && reach.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--method ssh needs the host of PostgreSQL's files, and the cluster has no ssh-host",
                    "Set it in the configuration: ssh-host = \"ssh://postgres@db1\"");
        }
        return reach;
    }

    /** How backups reach it; empty if none is named. */
    public static Optional<SourceHost.Reach> reach(ClusterSettings cluster) {
        return cluster.sshHost()
                .map(host -> connections ->
                        new SourceHost(new SftpFiles(ssh(cluster, host), connections), Optional.of(host.toString())));
    }

    private static Ssh ssh(ClusterSettings settings, SshDestination host) {
        return new Ssh(host, SshLogin.byConfiguration(settings.sshConfig()), TimeLimits.DEFAULTS);
    }

    private PostgresHost() {}
}
