// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import static org.tidemark.recoverability.PlanFinding.Topic.STATE;
import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.names.Relation;
import org.tidemark.postgres.names.Relation.Kind;
import org.tidemark.postgres.names.RelationNames;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.ReplayStop.HalfDropped;
import org.tidemark.postgres.wal.change.ReplayStop.HeldLocks;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.request.Role;

/**
 * What a plan says of the moment at which its recovery ends. Pure.
 *
 * @param names of the relations, as the backup has them
 */
public record StopFindings(Chosen plan, ReplayStop stop, RelationNames names) {
    private static final int MOST_NAMES = 5;

    private static final Set<Kind> ASKED =
            Set.of(Kind.TABLE, Kind.VIEW, Kind.MATERIALIZED_VIEW, Kind.FOREIGN_TABLE, Kind.PARTITIONED_TABLE);

    /** Whether the findings name anything. */
    public static boolean needsNames(ReplayStop stop) {
        return !stop.locks().isEmpty() || !stop.databases().isEmpty();
    }

    public List<PlanFinding> all() {
        List<PlanFinding> findings = new ArrayList<>();
        transactions().ifPresent(findings::add);
        rolledBack().ifPresent(findings::add);
        stop.databases().forEach(each -> findings.add(lost(each)));
        boolean isPaused = plan.request().role() instanceof Role.Recovery recovery && recovery.action() == Action.PAUSE;
        if (isPaused && !stop.locks().isEmpty()) {
            findings.add(locked());
        }
        return findings;
    }

    /** Which transactions a target leaves out cannot be read off a clock, nor off their numbers. */
    private Optional<PlanFinding> transactions() {
        String kept = stop.kept()
                .map(each -> "the last commit that is kept is that of " + transaction(each))
                .orElse("");
        String left = stop.left()
                .map(each -> ", before the end of " + transaction(each))
                .orElse("");
        return kept.isEmpty() && left.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        PlanFinding.note(TARGET, "stops at " + stop.at() + left + (kept.isEmpty() ? "" : "; " + kept)));
    }

    private static String transaction(Ended ended) {
        return transaction(ended.xid()) + " at " + UtcTime.exact(ended.time());
    }

    private static String transaction(int xid) {
        return "transaction " + Integer.toUnsignedString(xid);
    }

    private Optional<PlanFinding> rolledBack() {
        return plan.request().target() instanceof RecoveryTarget.AtXid at
                        && plan.recovery().isEndKnown()
                        && Stream.concat(stop.kept().stream(), stop.left().stream())
                                .noneMatch(each -> each.xid() == (int) at.xid() && each.isCommit())
                ? Optional.of(PlanFinding.note(
                        TARGET, transaction((int) at.xid()) + " was rolled back: nothing of it is there"))
                : Optional.empty();
    }

    private PlanFinding lost(HalfDropped database) {
        String name = database.oid()
                .map(oid -> names.database(oid)
                        .map(known -> "database " + known.name())
                        .orElse("the database with OID " + oid))
                .orElse("a database");
        return PlanFinding.warning(
                STATE,
                name + " will be invalid, and nobody can connect to it: " + transaction(database.xid())
                        + " drops it, and PostgreSQL marks it and removes its files before the commit",
                isReachable(plan, database.before().at())
                        ? "To have it, end the recovery before: --target-lsn "
                                + database.before().at() + " --exclusive"
                        : "To have it, end the recovery before "
                                + database.before().at() + ", from an earlier backup.");
    }

    private PlanFinding locked() {
        Map<String, List<String>> tables = new LinkedHashMap<>();
        stop.locks()
                .forEach(each -> tables.computeIfAbsent(database(each.database()), any -> new ArrayList<>())
                        .addAll(tables(each)));
        String what = tables.entrySet().stream()
                .map(each -> named(each.getValue().stream().distinct().toList()) + each.getKey())
                .collect(Collectors.joining("; "));
        String holders = stop.locks().stream()
                .map(each -> Integer.toUnsignedString(each.xid()))
                .distinct()
                .limit(MOST_NAMES)
                .collect(Collectors.joining(", "));
        return PlanFinding.warning(
                STATE,
                "while the server pauses there, a query waits if it needs " + what
                        + ": transactions have locked that and have not ended: " + holders,
                look(plan, stop)
                                .map(look -> "To look at it, end the recovery before the first lock: --target-lsn "
                                        + look + " --exclusive. ")
                                .orElse("")
                        + "With --target-action promote the locks are released, and these transactions are rolled"
                        + " back.");
    }

    /**
     * The position before the first of the locks that are held where a recovery ends.
     *
     * @return empty if there is none, or if not all locks are known
     */
    public static Optional<Lsn> look(Chosen plan, ReplayStop stop) {
        return stop.knowsLocks() && stop.locks().stream().noneMatch(HeldLocks::isBegunBefore)
                ? stop.locks().stream()
                        .findFirst()
                        .map(first -> first.look().at())
                        .filter(position -> isReachable(plan, position))
                : Optional.empty();
    }

    /** A recovery cannot end before its backup is consistent. */
    private static boolean isReachable(Chosen plan, Lsn position) {
        return !position.isBefore(plan.backup().stopLsn());
    }

    private String database(long oid) {
        return oid == 0
                ? ""
                : names.database(oid)
                        .map(each -> " in database " + each.name())
                        .orElse(" in the database with OID " + oid);
    }

    /** Those that a query names, if there are any: with a table its indexes are locked. */
    private List<String> tables(HeldLocks locks) {
        List<Long> asked = locks.oids().stream()
                .filter(oid -> names.relation(locks.database(), oid)
                        .map(each -> ASKED.contains(each.kind()))
                        .orElse(true))
                .toList();
        return (asked.isEmpty() ? locks.oids() : asked)
                .stream()
                        .map(oid -> names.relation(locks.database(), oid)
                                .map(StopFindings::name)
                                .orElse("the relation with OID " + oid))
                        .toList();
    }

    private static String name(Relation relation) {
        return relation.schema().map(schema -> schema + ".").orElse("") + relation.name();
    }

    private static String named(List<String> names) {
        int more = names.size() - MOST_NAMES;
        return names.stream().limit(MOST_NAMES).collect(Collectors.joining(", "))
                + (more > 0 ? " and " + Amounts.count(more, "other", "others") : "");
    }
}
