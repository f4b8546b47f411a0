// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.OwnedPlace.Relation;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom.Move;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts;
import org.tidemark.restore.plan.TargetFacts.Content;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.plan.TargetFacts.Leaving;
import org.tidemark.restore.request.RestoreRequest.MoveAside;

/**
 * Which directories of a cluster are moved away before a restore, all of them or none. Nothing proves that the operator
 * named the right directory, but all of it can be moved back. Pure.
 */
final class AsideCheck {
    private final TargetFacts facts;
    private final List<TargetDirectory> planned = new ArrayList<>();
    private final List<Moved> moved = new ArrayList<>();
    private final List<PlanFinding> findings = new ArrayList<>();

    /**
     * A directory that is moved.
     *
     * @param elsewhere what to do where it cannot be
     */
    private record Moved(String name, Path path, DirectoryFacts facts, String elsewhere) {
        Renaming renaming() {
            return facts.renaming().orElseThrow();
        }
    }

    /** @param system that of the backup */
    AsideCheck(Chosen plan, SystemIdentifier system, TargetFacts facts) {
        this.facts = facts;
        if (plan.request().occupied().orElse(null) instanceof MoveAside request
                && plan.directories().getFirst() instanceof TargetDirectory.DataDirectory data
                && isMoved(plan, content(data))) {
            plan.directories().stream()
                    .filter(each -> each instanceof TargetDirectory.Tablespace && isThere(content(each)))
                    .forEach(this::move);
            facts.leaving().stream().filter(AsideCheck::isOfACluster).forEach(this::move);
            // Last, since its links prove whose the tablespaces are.
            move(data);
            check(data, request.isStopped(), system);
            if (plan.directories().stream().noneMatch(TargetDirectory.WalDirectory.class::isInstance)) {
                checkWal(data);
            }
            moved.forEach(this::check);
            checkApart();
            checkPlaces();
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
            case Content.Missing _,
                    Content.Empty _,
                    Content.OfSeveral _,
                    Content.NotADirectory _,
                    Content.Dangling _,
                    Content.Unreadable _ -> false;
        };
    }

    private static boolean isThere(Content content) {
        return !(content instanceof Content.Missing || content instanceof Content.Empty);
    }

    /** Whether the replay would write among files of PostgreSQL. */
    private static boolean isOfACluster(Leaving leaving) {
        return leaving.facts().content() instanceof Content.OfCluster
                || leaving.facts().content() instanceof Content.OfSeveral;
    }

    private void move(TargetDirectory target) {
        planned.add(target);
        String name = target.title() + " '" + target.path() + "'";
        Content content = content(target);
        if (target instanceof TargetDirectory.Tablespace tablespace
                && !DeltaCheck.isOf(facts.cluster(), tablespace, content)) {
            findings.add(notOursAlone(name, Preflight.elsewhere(target)));
        } else {
            move(name, target.path(), Preflight.facts(facts, target), Preflight.elsewhere(target));
        }
    }

    private void move(Leaving leaving) {
        move(
                leaving.title() + " '" + leaving.path() + "'",
                leaving.path(),
                leaving.facts(),
                "Restore on another host, or take a newer backup: this one lacks the tablespace.");
    }

    private void move(String name, Path path, DirectoryFacts directory, String elsewhere) {
        if (directory.content() instanceof Content.OfSeveral) {
            findings.add(notOursAlone(name, elsewhere));
        } else if (directory.renaming().isPresent()) {
            moved.add(new Moved(name, path, directory, elsewhere));
        } else {
            findings.add(Preflight.refused(name + " cannot be renamed: it is a link that leads nowhere", elsewhere));
        }
    }

    private static PlanFinding notOursAlone(String name, String elsewhere) {
        return Preflight.refused(name + " is in use, and not by the cluster in the data directory alone", elsewhere);
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

    /** The link leaves with the directory; the restored cluster has its WAL where it is told to have it. */
    private void checkWal(TargetDirectory.DataDirectory data) {
        Optional.ofNullable(facts.cluster().orElseThrow().links().get("pg_wal"))
                .filter(wal -> !wal.equals(data.path().resolve("pg_wal")))
                .ifPresent(wal -> findings.add(PlanFinding.warning(
                        Topic.WRITE,
                        "pg_wal of the cluster is a link to '" + wal + "', and that of the restored one is in '"
                                + data.path() + "'",
                        "To have it elsewhere, name an empty directory: --wal-dir DIR")));
    }

    private void check(Moved each) {
        Renaming renaming = each.renaming();
        renaming.obstacle()
                .ifPresentOrElse(
                        obstacle -> findings.add(Preflight.refused(
                                each.name() + " cannot be renamed: " + obstacle.why() + "; nothing is renamed",
                                (obstacle.hint().isEmpty() ? "Go" : obstacle.hint() + " Or go")
                                        + " over the cluster with --delta, or " + decapitalized(each.elsewhere()))),
                        () -> findings.add(PlanFinding.note(
                                Topic.WRITE,
                                each.name() + led(each) + " is renamed to '" + renaming.to() + "' first")));
    }

    private static String decapitalized(String sentence) {
        return Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    /** Where a link leads, and what is renamed. */
    private static String led(Moved each) {
        Path from = each.renaming().from();
        return from.equals(each.path()) ? "" : " leads to '" + from + "', which";
    }

    /** A directory in another one would be moved twice. */
    private void checkApart() {
        for (Moved one : moved) {
            for (Moved other : moved) {
                if (!one.equals(other)
                        && one.renaming().from().startsWith(other.renaming().from())) {
                    findings.add(Preflight.refused(
                            one.name() + " is in " + other.name() + ", which is renamed", one.elsewhere()));
                }
            }
        }
    }

    /** Nothing of others leaves with a directory. */
    private void checkPlaces() {
        for (Moved each : moved) {
            facts.near().stream()
                    .filter(near -> near.relation() == Relation.AROUND
                            && near.directory().equals(each.path()))
                    .forEach(near -> findings.add(Preflight.refused(
                            each.name() + " holds " + near.place() + ", which would leave with it; nothing is renamed",
                            "Move that to another directory first. Or go over the cluster with --delta.")));
        }
    }

    private Content content(TargetDirectory target) {
        return Preflight.facts(facts, target).content();
    }

    /** Whether it decides what becomes of a directory. */
    boolean moves(TargetDirectory target) {
        return planned.contains(target);
    }

    List<PlanFinding> findings() {
        return List.copyOf(findings);
    }

    /** Empty if nothing is moved; one with a directory that cannot be is of a plan that has a problem. */
    Optional<StartFrom> start() {
        List<Move> moves = moved.stream()
                .map(Moved::renaming)
                .filter(each -> each.obstacle().isEmpty())
                .map(each -> new Move(each.from(), each.to()))
                .toList();
        return planned.isEmpty() ? Optional.empty() : Optional.of(new StartFrom.Aside(moves));
    }
}
