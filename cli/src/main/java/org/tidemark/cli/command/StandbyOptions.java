// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Durations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.recovery.Primary;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PrimaryConninfo;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.Role;
import picocli.CommandLine.Option;

/** Whether the restored server is a standby, and of which primary. */
final class StandbyOptions {
    @Option(names = "--standby", description = "make a standby, which follows the primary")
    private boolean standby;

    @Option(
            names = "--primary",
            paramLabel = "CONNINFO",
            description =
                    "how the standby connects to its primary, without a password; default: the cluster's conninfo")
    private @Nullable String primary;

    @Option(
            names = "--apply-delay",
            paramLabel = "DURATION",
            description = "replay each commit so long after it was made, such as 1h: time to stop an accident")
    private @Nullable String applyDelay;

    boolean isStandby() {
        return standby;
    }

    /**
     * A standby has no target, and a recovery no primary.
     *
     * @param hasTarget whether a target, or what is done there, was given
     */
    void check(boolean hasTarget) {
        if (standby && hasTarget) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "a standby follows its primary, and has no target",
                    "Leave out --standby, or the target with --exclusive and --target-action.");
        }
        if (!standby && (primary != null || applyDelay != null)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    (primary == null ? "--apply-delay" : "--primary") + " belongs to --standby",
                    "Add --standby, or leave it out.");
        }
    }

    Role.Standby role(Session session) throws IOException {
        return new Role.Standby(
                PrimaryConninfo.of(conninfo(session), HostName.ofThisMachine(), session.clientEnvironment())
                        .text(),
                delay());
    }

    /** The plan of a standby with what its primary says, which is asked for it; any other plan as it is. */
    PreparedRestore seen(Session session, PreparedRestore prepared) {
        return standby
                ? Primary.ask(ConnectionSettings.parse(conninfo(session), session.clientEnvironment()))
                        .seenFrom(prepared)
                : prepared;
    }

    private String conninfo(Session session) {
        return Optional.ofNullable(primary)
                .or(() -> session.cluster().flatMap(ClusterSettings::conninfo))
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "which server is the primary? The configuration has no conninfo of this cluster",
                        "Name it, such as --primary 'host=db1 user=replicator'."));
    }

    private Duration delay() {
        return applyDelay == null
                ? Duration.ZERO
                : Durations.parse(applyDelay)
                        // PostgreSQL counts milliseconds.
                        .filter(each -> each.isPositive() && each.toMillis() <= Integer.MAX_VALUE)
                        .orElseThrow(() -> new UserFacingException(
                                ExitCode.USAGE,
                                "'" + applyDelay + "' is not a value of --apply-delay",
                                "Give it from 1s to 24d, such as 30m or 1h."));
    }
}
