// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.recovery.StandbySlot;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.request.Role;
import org.tidemark.session.Session;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether the restored server is a standby, and of which primary. */
final class StandbyOptions {
    @Option(names = "--standby", description = "make a standby, which follows the primary")
    private boolean standby;

    @Mixin
    private final PrimaryOptions primary = new PrimaryOptions();

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
        if (!standby) {
            primary.given().ifPresent(option -> {
                throw new UserFacingException(
                        ExitCode.USAGE, option + " belongs to --standby", "Add --standby, or leave it out.");
            });
        }
    }

    Role.Standby role(Session session) throws IOException {
        return primary.role(session);
    }

    /** The slot that the primary gets for it. */
    Optional<StandbySlot> slot(Session session) {
        return standby ? primary.slot(session) : Optional.empty();
    }

    /** The plan of a standby with what its primary says, which is asked for it; any other plan as it is. */
    PreparedRestore seen(Session session, PreparedRestore prepared) {
        return standby ? primary.seen(primary.ask(session), session, prepared) : prepared;
    }
}
