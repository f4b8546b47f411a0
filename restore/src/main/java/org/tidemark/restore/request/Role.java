// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.request;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;

/**
 * The purpose of the restored server. It decides its settings ({@code RecoverySettings}), its signal file, and what the
 * operator does next ({@code NextSteps}). Immutable.
 */
public sealed interface Role {
    /** Where the recovery ends; a standby replays whatever the archive holds. */
    RecoveryTarget target();

    /** The empty file in the data directory by which PostgreSQL knows what to do. */
    String signalFile();

    /** The settings that are written, for people. */
    String settings();

    /** What the server does when it has reached the target, for people. */
    String end();

    /**
     * Replays WAL up to a target, and then becomes a server of its own, which does not archive.
     *
     * @param asked what PostgreSQL does at the target; see {@link #action}
     */
    record Recovery(RecoveryTarget target, Optional<Action> asked) implements Role {
        /** The action asked for, else pause; without a target PostgreSQL looks at none, and promotes. */
        public Action action() {
            return target instanceof RecoveryTarget.Latest ? Action.PROMOTE : asked.orElse(Action.PAUSE);
        }

        @Override
        public String signalFile() {
            return "recovery.signal";
        }

        @Override
        public String settings() {
            return "restore_command, recovery_target_*; archiving and subscriptions off";
        }

        @Override
        public String end() {
            return action().name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Follows a primary: it replays the archived WAL, streams what comes after it, and keeps the archive settings of
     * the backup for the time after its promotion.
     *
     * @param primaryConninfo as primary_conninfo has it; holds no password
     * @param applyDelay how long after a commit it is replayed; zero, or whole milliseconds
     * @param slot the replication slot of the primary that keeps WAL for it
     */
    record Standby(String primaryConninfo, Duration applyDelay, Optional<String> slot) implements Role {
        /** One that replays without delay, and needs no slot: the archive has the WAL. */
        public Standby(String primaryConninfo) {
            this(primaryConninfo, Duration.ZERO, Optional.empty());
        }

        public boolean isDelayed() {
            return applyDelay.isPositive();
        }

        @Override
        public RecoveryTarget target() {
            return new RecoveryTarget.Latest();
        }

        @Override
        public String signalFile() {
            return "standby.signal";
        }

        @Override
        public String settings() {
            return "restore_command, primary_conninfo" + (slot.isPresent() ? ", primary_slot_name" : "")
                    + (isDelayed() ? ", recovery_min_apply_delay" : "");
        }

        @Override
        public String end() {
            return isDelayed()
                    ? "follow the primary with a delay of " + Amounts.duration(applyDelay)
                    : "stream from the primary";
        }
    }
}
