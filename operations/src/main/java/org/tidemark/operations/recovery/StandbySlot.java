// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;

/** A replication slot on the primary that keeps WAL for a standby. Immutable. */
public record StandbySlot(ConnectionSettings primary, String name) {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String MOST_KEPT = "max_slot_wal_keep_size";
    private static final String LOOK = "SELECT slot_type, active FROM pg_replication_slots WHERE slot_name = ?";

    /** A slot of this name that is there. */
    private record Found(String type, boolean isActive) {}

    /** What the plan of its standby says of it. */
    public List<PlanFinding> findings() {
        String most;
        try (ReplicationConnection connection = ReplicationConnection.open(primary)) {
            most = connection.show(MOST_KEPT);
        } catch (UserFacingException e) {
            return List.of(PlanFinding.problem(
                    e.exitCode(),
                    Topic.SETTINGS,
                    "slot '" + name + "' cannot be created, since the primary cannot be asked: " + e.getMessage(),
                    e.hint() + " Without --slot the standby takes from the archive what the primary has removed."));
        }
        Optional<Found> found = found();
        if (found.isPresent() && !found.get().type().equals("physical")) {
            return List.of(refused(
                    "slot '" + name + "' of the primary is a " + found.get().type() + " one"));
        }
        if (found.isPresent() && found.get().isActive()) {
            return List.of(refused("slot '" + name + "' of the primary is in use, by another standby or receiver"));
        }
        String what = "slot '" + name + "' "
                + (found.isPresent()
                        ? "is there, and will be used"
                        : "is created on the primary when the files are restored");
        return List.of(
                most.equals("-1")
                        ? PlanFinding.warning(
                                Topic.SETTINGS,
                                what + "; while the standby is away, the primary keeps WAL for it without a limit",
                                "Set " + MOST_KEPT + " on the primary, such as '50GB': what the slot then loses, the"
                                        + " standby takes from the archive.")
                        : PlanFinding.note(Topic.SETTINGS, what + "; it keeps at most " + most + " of WAL"));
    }

    /** Empty also if the role may not log in to a database. */
    private Optional<Found> found() {
        try (SqlConnection connection = SqlConnection.open(primary)) {
            return connection.query(LIMIT, row -> new Found(row.getString(1), row.getBoolean(2)), LOOK, name).stream()
                    .findFirst();
        } catch (UserFacingException e) {
            return Optional.empty();
        }
    }

    private static PlanFinding refused(String message) {
        return PlanFinding.problem(
                ExitCode.RESTORE_REFUSED, Topic.SETTINGS, message, "Give another name with --slot, or leave it out.");
    }

    /** Creates it, unless it is there; whether this call did. */
    public boolean create() {
        try (ReplicationConnection connection = ReplicationConnection.open(primary)) {
            connection.createSlot(name, SlotLife.PERMANENT);
            return true;
        } catch (PostgresException e) {
            if (e.hasState(ReplicationConnection.DUPLICATE_OBJECT)) {
                return false;
            }
            throw e;
        }
    }

    /** Removes it, so that it does not keep WAL for a standby that does not run. */
    public void drop() {
        try (ReplicationConnection connection = ReplicationConnection.open(primary)) {
            connection.dropSlot(name);
        }
    }
}
