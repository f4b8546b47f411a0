// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.RestorePlan.TargetDirectory;
import org.tidemark.restore.RestoreRequest.MoveAside;
import org.tidemark.restore.StartFrom.Move;
import org.tidemark.restore.TargetFacts.ClusterFacts;
import org.tidemark.restore.TargetFacts.Content;

/**
 * Which directories of a cluster are moved away before a restore. Nothing proves that the operator named the right
 * directory, but all of it can be moved back. Pure.
 */
final class AsideCheck {
    private final TargetFacts facts;
    private final List<TargetDirectory> moved = new ArrayList<>();
    private final List<PlanFinding> findings = new ArrayList<>();

    /** @param system that of the backup */
    AsideCheck(Chosen plan, SystemIdentifier system, TargetFacts facts) {
        this.facts = facts;
        if (plan.request().occupied().orElse(null) instanceof MoveAside request
                && plan.directories().getFirst() instanceof TargetDirectory.DataDirectory data
                && isMoved(plan, content(data))) {
            // Last, since its links prove whose the tablespaces are.
            plan.directories().stream()
                    .filter(each -> each instanceof TargetDirectory.Tablespace && isThere(content(each)))
                    .forEach(moved::add);
            moved.add(data);
            check(data, request.isStopped(), system);
            moved.forEach(this::check);
        }
    }

    /** What a restore of the same backup has left is completed, and what is no cluster stays. */
    private boolean isMoved(Chosen plan, Content content) {
        return switch (content) {
            case Content.CutOff cutOff ->
                !cutOff.backupId().equals(plan.backup().id());
            case Content.Restored restored ->
                !restored.backupId().equals(plan.backup().id());
            case Content.Unfinished _, Content.Used _, Content.Live _, Content.OfCluster _ -> true;
            // Its PG_VERSION may be lost.
            case Content.Occupied _ ->
                facts.cluster().flatMap(ClusterFacts::system).isPresent();
            case Content.Missing _, Content.Empty _, Content.OfSeveral _, Content.NotADirectory _ -> false;
        };
    }

    private static boolean isThere(Content content) {
        return !(content instanceof Content.Missing || content instanceof Content.Empty);
    }

    private void check(TargetDirectory.DataDirectory data, boolean isStopped, SystemIdentifier system) {
        ClusterFacts cluster = facts.cluster().orElseThrow();
        DeltaCheck.inUse(data.title() + " '" + data.path() + "'", cluster.use(), isStopped)
                .ifPresent(findings::add);
        cluster.shared()
                .ifPresent(shared -> findings.add(Preflight.refused(
                        shared,
                        "Is '" + data.path() + "' a copy of that cluster? Restore into a new directory; this one is not"
                                + " touched.")));
        cluster.system()
                .filter(found -> !found.equals(system))
                .ifPresent(found -> findings.add(PlanFinding.warning(
                        Topic.WRITE,
                        "'" + data.path() + "' holds another cluster: its system is " + found + ", and the backup's is "
                                + system,
                        "Is it the right directory? Its cluster is kept, but it is no longer at its place.")));
    }

    private void check(TargetDirectory target) {
        String name = target.title() + " '" + target.path() + "'";
        Content content = content(target);
        if (target instanceof TargetDirectory.Tablespace tablespace
                && !(DeltaCheck.isOf(facts.cluster(), tablespace, content)
                        && !(content instanceof Content.OfSeveral))) {
            findings.add(Preflight.refused(
                    name + " is in use, and not by the cluster in the data directory alone",
                    Preflight.elsewhere(tablespace)));
            return;
        }
        Optional<Path> aside = Preflight.facts(facts, target).aside();
        findings.add(
                aside.isPresent()
                        ? PlanFinding.note(Topic.WRITE, name + " is renamed to '" + aside.get() + "' first")
                        : Preflight.refused(
                                name + " cannot be renamed: a file system is mounted there, or this user may not write"
                                        + " the directory above it",
                                "Go over the cluster with --delta, or " + decapitalized(Preflight.elsewhere(target))));
    }

    private static String decapitalized(String sentence) {
        return Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private Content content(TargetDirectory target) {
        return Preflight.facts(facts, target).content();
    }

    /** Whether it decides what becomes of a directory. */
    boolean moves(TargetDirectory target) {
        return moved.contains(target);
    }

    List<PlanFinding> findings() {
        return List.copyOf(findings);
    }

    /** Empty if nothing is moved, or cannot be. */
    Optional<StartFrom> start() {
        List<Move> moves = moved.stream()
                .flatMap(each ->
                        Preflight.facts(facts, each).aside().stream().map(aside -> new Move(each.path(), aside)))
                .toList();
        return moved.isEmpty() ? Optional.empty() : Optional.of(new StartFrom.Aside(moves));
    }
}
