// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.server.ServerSettings;

/**
 * All replication slots: WAL that a slot holds stays in pg_wal until the disk is full. And the one through which
 * {@code serve} is to receive: without it, nothing is received.
 */
final class SlotsCheck implements Check<AskedServer> {
    private static final String QUESTION = """
            SELECT slot_name, active, coalesce(wal_status, ''),
                   coalesce(pg_wal_lsn_diff(
                       CASE WHEN pg_is_in_recovery()
                            THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                            ELSE pg_current_wal_lsn() END,
                       restart_lsn), 0)::bigint
            FROM pg_replication_slots ORDER BY slot_name""";

    private record Slot(String name, boolean active, String status, long heldBytes) {}

    @Override
    public Subject subject() {
        return Subject.SLOTS;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        List<Slot> slots = at.sql()
                .query(
                        ServerSettings.LIMIT,
                        row -> new Slot(
                                row.getString(1), row.getBoolean(2), row.getString(3), Math.max(0, row.getLong(4))),
                        QUESTION);
        Optional<Finding> missing = missing(at.cluster().receiveSlot(), slots);
        if (slots.isEmpty()) {
            return missing.stream().toList();
        }
        long limit = at.cluster().check().replicationLagBytes();
        List<Finding> findings = new ArrayList<>();
        missing.ifPresent(findings::add);
        slots.forEach(slot -> findings.addAll(problem(slot, limit)));
        long most = slots.stream().mapToLong(Slot::heldBytes).max().orElse(0);
        if (findings.isEmpty()) {
            findings.add(Subject.SLOTS.ok(Amounts.count(slots.size(), "slot holds", "slots hold") + " at most "
                    + Amounts.size(most) + " of WAL"));
        }
        return findings.stream()
                .map(each -> each.with(Measure.HELD, most, Threshold.warnAbove(limit)))
                .toList();
    }

    private static Optional<Finding> missing(Optional<String> receiveSlot, List<Slot> slots) {
        return receiveSlot
                .filter(name -> slots.stream().noneMatch(slot -> slot.name().equals(name)))
                .map(name -> Subject.SLOTS.warning(
                        "the server has no slot '" + name + "', through which WAL is to be received (receive-slot)",
                        "If WAL was lost meanwhile, 'tidemark status' shows it afterwards. Create the slot, and"
                                + " 'tidemark serve' goes on by itself: "
                                + CopyableCommand.of(
                                        "wal-receive", "--create-slot", "--if-not-exists", "--slot", name)));
    }

    private static List<Finding> problem(Slot slot, long limit) {
        String name = "slot '" + slot.name() + "'";
        String drop = "if nothing uses it, drop it: SELECT pg_drop_replication_slot('"
                + slot.name().replace("'", "''") + "')";
        if (slot.status().equals("lost")) {
            return List.of(Subject.SLOTS.warning(
                    name + " is lost: PostgreSQL removed WAL that the slot still needed",
                    "Rebuild its standby or subscriber; " + drop));
        }
        if (slot.status().equals("unreserved")) {
            return List.of(Subject.SLOTS.warning(
                    name + " is about to be lost: it holds more WAL than max_slot_wal_keep_size allows",
                    "Let its standby or subscriber catch up; " + drop));
        }
        if (slot.heldBytes() > limit) {
            return List.of(Subject.SLOTS.warning(
                    name + (slot.active() ? " holds " : " is inactive and holds ") + Amounts.size(slot.heldBytes())
                            + " of WAL in pg_wal",
                    "Let its standby or subscriber catch up; " + drop));
        }
        return List.of();
    }
}
