// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.Locale;
import java.util.function.Function;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.UtcTime;
import org.tidemark.restore.BackupCandidate;
import org.tidemark.restore.Finding;
import org.tidemark.restore.NextSteps;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RecoverySettings;
import org.tidemark.restore.RestorePlan;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.RestorePlan.RequiredWal;
import org.tidemark.restore.RestorePlan.TargetDirectory;
import org.tidemark.restore.TargetFacts.DirectoryFacts;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The plan of a restore as values: sizes in bytes, times in UTC with microseconds. */
final class PlanJson {
    private final PreparedRestore prepared;
    private final ObjectNode document = JsonMapper.shared().createObjectNode().put("formatVersion", 1);

    private PlanJson(PreparedRestore prepared) {
        this.prepared = prepared;
    }

    /**
     * Describes a plan.
     *
     * @param settings the settings to be written, for a plan that chose a backup
     */
    public static ObjectNode of(PreparedRestore prepared, Function<Chosen, RecoverySettings> settings) {
        return new PlanJson(prepared).describe(settings);
    }

    private ObjectNode describe(Function<Chosen, RecoverySettings> settings) {
        RestorePlan plan = prepared.plan();
        document.put("dryRun", true)
                .put("possible", plan.problems().isEmpty())
                .put("cluster", prepared.cluster().cluster().value())
                .put("systemIdentifier", prepared.cluster().system().toString());
        target(plan);
        if (plan instanceof Chosen chosen) {
            backup(chosen);
            document.putObject("read").put("bytes", chosen.backup().storedSizeBytes());
            write(chosen);
            wal(chosen.wal());
            ObjectNode written = document.putObject("settings");
            settings.apply(chosen).values().forEach(written::put);
            ArrayNode steps = document.putArray("steps");
            for (NextSteps.Step step : prepared.steps(chosen)) {
                ArrayNode commands = steps.addObject().put("text", step.text()).putArray("commands");
                step.commands().forEach(commands::add);
            }
        }
        ArrayNode findings = document.putArray("findings");
        for (Finding each : plan.findings()) {
            findings.addObject()
                    .put("severity", each.severity().toString())
                    .put("subject", each.topic().toString())
                    .put("status", each.exitCode().status())
                    .put("message", each.message())
                    .put("hint", each.hint());
        }
        return document.put("text", prepared.text());
    }

    private void target(RestorePlan plan) {
        RecoveryTarget target = plan.request().target();
        ObjectNode node = document.putObject("target").put("kind", target.kind());
        switch (target) {
            case RecoveryTarget.Latest latest -> {}
            case RecoveryTarget.Immediate immediate -> {}
            case RecoveryTarget.AtTime at -> bound(node.put("time", UtcTime.iso(at.time())), at.bound());
            case RecoveryTarget.AtLsn at -> bound(node.put("lsn", at.lsn().toString()), at.bound());
            case RecoveryTarget.AtXid at -> bound(node.put("xid", Long.toUnsignedString(at.xid())), at.bound());
            case RecoveryTarget.AtRestorePoint at -> node.put("name", at.name());
        }
        node.put("reachable", plan.reachable().toString());
        if (plan instanceof Chosen chosen) {
            node.put("timeline", chosen.timeline().id());
        }
        node.put("action", plan.request().effectiveAction().name().toLowerCase(Locale.ROOT));
    }

    private static void bound(ObjectNode node, Bound bound) {
        node.put("inclusive", bound == Bound.INCLUSIVE);
    }

    private void backup(Chosen chosen) {
        BackupCandidate backup = chosen.backup();
        ObjectNode node = document.putObject("backup").put("id", backup.id());
        prepared.backup().flatMap(base -> base.name()).ifPresent(name -> node.put("name", name));
        node.put("timeline", backup.timeline().id())
                .put("ended", UtcTime.iso(backup.ended()))
                .put("stopLsn", backup.stopLsn().toString())
                .put("reason", chosen.reason());
        ArrayNode repositories = node.putArray("repositories");
        backup.copies().forEach(copy -> repositories.add(copy.repository()));
    }

    private void write(Chosen chosen) {
        ObjectNode node = document.putObject("write")
                .put("bytes", chosen.backup().dataSizeBytes())
                .put("files", chosen.backup().files());
        prepared.facts().ifPresent(facts -> node.put("owner", facts.owner().name()));
        ArrayNode places = node.putArray("places");
        for (TargetDirectory target : chosen.directories()) {
            ObjectNode each = places.addObject().put("directory", target.path().toString());
            if (target instanceof TargetDirectory.Tablespace tablespace) {
                each.put("tablespace", Long.parseLong(tablespace.oid())).put("moved", tablespace.moved());
            }
            each.put("bytes", target.sizeBytes());
            prepared.facts()
                    .map(facts -> facts.directories().get(target.path()))
                    .flatMap(DirectoryFacts::freeBytes)
                    .ifPresent(free -> each.put("freeBytes", free));
        }
    }

    private void wal(RequiredWal wal) {
        ObjectNode node = document.putObject("wal");
        if (!wal.runs().isEmpty()) {
            node.put("first", wal.runs().getFirst().first().name())
                    .put("last", wal.runs().getLast().last().name());
        }
        node.put("segments", wal.segments()).put("bytes", wal.storedBytes()).put("missing", wal.missing());
        ArrayNode holes = node.putArray("holes");
        wal.holes()
                .forEach(hole -> holes.addObject()
                        .put("first", hole.first().name())
                        .put("last", hole.last().name()));
    }
}
