// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.DurationOption;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.SlotName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.recovery.StandbySlot;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PrimaryConninfo;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.request.Role;
import org.tidemark.server.Primary;
import org.tidemark.session.Session;
import picocli.CommandLine.Option;

/** Which primary a standby follows, and how closely. */
final class PrimaryOptions {
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

    @Option(
            names = "--slot",
            paramLabel = "NAME",
            description = "let the primary keep WAL for the standby in a replication slot, which is created; default:"
                    + " none, since the archive has the WAL")
    private @Nullable String slot;

    /** The first option that was given; empty if none was. */
    Optional<String> given() {
        return primary != null
                ? Optional.of("--primary")
                : Optional.ofNullable(applyDelay)
                        .map(any -> "--apply-delay")
                        .or(() -> Optional.ofNullable(slot).map(any -> "--slot"));
    }

    Role.Standby role(Session session) throws IOException {
        return new Role.Standby(
                PrimaryConninfo.of(conninfo(session), HostName.ofThisMachine(), session.clientEnvironment())
                        .text(),
                delay(),
                slotName());
    }

    private Optional<String> slotName() {
        try {
            return Optional.ofNullable(slot).map(SlotName::require);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE, String.valueOf(e.getMessage()), "Such as --slot standby1.", e);
        }
    }

    /** The slot that was asked for. */
    Optional<StandbySlot> slot(Session session) {
        return slotName().map(name -> new StandbySlot(connection(session), name));
    }

    /** A plan with what its primary and its slot mean for it. */
    PreparedRestore seen(Primary found, Session session, PreparedRestore prepared) {
        PreparedRestore seen = found.seenFrom(prepared);
        return seen.plan() instanceof RestorePlan.Chosen chosen
                ? slot(session).map(each -> seen.with(chosen, each.findings())).orElse(seen)
                : seen;
    }

    /** Asks the primary what it is. */
    Primary ask(Session session) {
        return Primary.ask(connection(session));
    }

    private ConnectionSettings connection(Session session) {
        return ConnectionSettings.parse(conninfo(session), session.clientEnvironment());
    }

    /**
     * The same.
     *
     * @throws UserFacingException why it does not answer
     */
    Primary answering(Session session) {
        Primary found = ask(session);
        if (found.failure().isPresent()) {
            throw found.failure().get();
        }
        return found;
    }

    private String conninfo(Session session) {
        return conninfo(primary, session);
    }

    /**
     * How the primary is reached.
     *
     * @param given by the operator; null for the cluster's own
     */
    static String conninfo(@Nullable String given, Session session) {
        return Optional.ofNullable(given)
                .or(() -> session.cluster().flatMap(ClusterSettings::conninfo))
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "which server is the primary? The configuration has no conninfo of this cluster",
                        "Name it, such as --primary 'host=db1 user=replicator'."));
    }

    private Duration delay() {
        return applyDelay == null
                ? Duration.ZERO
                : DurationOption.parse(
                        "--apply-delay",
                        applyDelay,
                        // PostgreSQL counts milliseconds.
                        each -> each.isPositive() && each.toMillis() <= Integer.MAX_VALUE,
                        "Give it from 1s to 24d, such as 30m or 1h.");
    }
}
