// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.Locale;
import java.util.function.Function;
import org.tidemark.cli.output.Document;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RecoverySettings;
import org.tidemark.restore.RestorePlan;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.RestorePlan.TargetDirectory;
import org.tidemark.restore.Role;
import org.tidemark.restore.TargetFacts.DirectoryFacts;

/** The plan of a restore as values: sizes in bytes, times in UTC with microseconds. */
final class PlanJson {
    private final PreparedRestore prepared;
    private final Document document = Document.versioned();

    private PlanJson(PreparedRestore prepared) {
        this.prepared = prepared;
    }

    /**
     * Describes a plan.
     *
     * @param settings the settings to be written, for a plan that chose a backup
     */
    public static Document of(PreparedRestore prepared, Function<Chosen, RecoverySettings> settings) {
        return new PlanJson(prepared).describe(settings);
    }

    private Document describe(Function<Chosen, RecoverySettings> settings) {
        RestorePlan plan = prepared.plan();
        document.put("dryRun", true)
                .put("possible", plan.problems().isEmpty())
                .put("cluster", prepared.cluster().cluster().value())
                .put("systemIdentifier", prepared.cluster().system().toString());
        target(plan);
        if (plan instanceof Chosen chosen) {
            backup(chosen);
            document.put("read", new Document().put("bytes", chosen.backup().storedSizeBytes()));
            write(chosen);
            wal(chosen.wal());
            document.put("settings", settings.apply(chosen).values())
                    .list("steps", prepared.steps(chosen))
                    .each(step -> new Document().put("text", step.text()).put("commands", step.commands()));
        }
        return document.list("findings", plan.findings())
                .each(each -> new Document()
                        .put("severity", each.severity())
                        .put("subject", each.topic())
                        .put("status", each.exitCode().status())
                        .put("message", each.message())
                        .put("hint", each.hint()))
                .put("text", prepared.text());
    }

    private void target(RestorePlan plan) {
        RecoveryTarget target = plan.request().target();
        Document node = new Document().put("kind", target.kind());
        switch (target) {
            case RecoveryTarget.Latest latest -> {}
            case RecoveryTarget.Immediate immediate -> {}
            case RecoveryTarget.AtTime at -> bound(node.put("time", at.time()), at.bound());
            case RecoveryTarget.AtLsn at -> bound(node.put("lsn", at.lsn().toString()), at.bound());
            case RecoveryTarget.AtXid at -> bound(node.put("xid", Long.toUnsignedString(at.xid())), at.bound());
            case RecoveryTarget.AtRestorePoint at -> node.put("name", at.name());
        }
        node.put("reachable", plan.reachable());
        if (plan instanceof Chosen chosen) {
            node.put("timeline", chosen.timeline().id());
            chosen.restorePoint()
                    .ifPresent(point -> node.put("lsn", point.end().toString()).put("created", point.created()));
        }
        if (plan.request().role() instanceof Role.Recovery recovery) {
            node.put("action", recovery.action().name().toLowerCase(Locale.ROOT));
        }
        document.put("target", node);
    }

    private static void bound(Document node, Bound bound) {
        node.put("inclusive", bound == Bound.INCLUSIVE);
    }

    private void backup(Chosen chosen) {
        BackupCandidate backup = chosen.backup();
        document.put(
                "backup",
                new Document()
                        .put("id", backup.id())
                        .put("name", prepared.backup().flatMap(base -> base.name()))
                        .put("timeline", backup.timeline().id())
                        .put("ended", backup.ended())
                        .put("stopLsn", backup.stopLsn().toString())
                        .put("reason", chosen.reason())
                        .list("repositories", backup.copies())
                        .each(copy -> copy.repository()));
    }

    private void write(Chosen chosen) {
        document.put(
                "write",
                new Document()
                        .put("bytes", chosen.backup().dataSizeBytes())
                        .put("files", chosen.backup().files())
                        .put(
                                "owner",
                                prepared.facts().map(facts -> facts.owner().name()))
                        .list("places", chosen.directories())
                        .each(this::place));
    }

    private Document place(TargetDirectory target) {
        Document place = new Document().put("directory", target.path());
        if (target instanceof TargetDirectory.Tablespace tablespace) {
            place.put("tablespace", Long.parseLong(tablespace.oid()))
                    .put("name", tablespace.place().name())
                    .put("moved", tablespace.moved());
        }
        return place.put("bytes", target.sizeBytes())
                .put(
                        "freeBytes",
                        prepared.facts()
                                .map(facts -> facts.directories().get(target.path()))
                                .flatMap(DirectoryFacts::freeBytes));
    }

    private void wal(RequiredWal wal) {
        Document node = new Document();
        if (!wal.runs().isEmpty()) {
            node.put("first", wal.runs().getFirst().first().name())
                    .put("last", wal.runs().getLast().last().name());
        }
        document.put(
                "wal",
                node.put("segments", wal.segments())
                        .put("bytes", wal.storedBytes())
                        .put("missing", wal.missing())
                        .list("holes", wal.holes())
                        .each(hole -> new Document()
                                .put("first", hole.first().name())
                                .put("last", hole.last().name())));
    }
}
