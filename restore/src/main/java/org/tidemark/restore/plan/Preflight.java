// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import static org.tidemark.recoverability.PlanFinding.Topic.SPACE;
import static org.tidemark.recoverability.PlanFinding.Topic.WRITE;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.ExitCode;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.OwnedPlace.Relation;
import org.tidemark.core.ShellWord;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.TargetFacts.Content;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.plan.TargetFacts.Near;

/** Whether the target host allows what a plan would write. Pure. */
public final class Preflight {
    /** Room for pg_control, marks, directories, and the segment that PostgreSQL reads at a time. */
    private static final long SLACK_BYTES = 64L << 20;

    private Preflight() {}

    /**
     * The plan with the findings, and with what the restore begins with.
     *
     * @param system that of the backup
     */
    public static Chosen check(Chosen plan, SystemIdentifier system, TargetFacts facts) {
        List<PlanFinding> findings = new ArrayList<>();
        AsideCheck aside = new AsideCheck(plan, system, facts);
        boolean differing = plan.request().isDelta()
                && plan.directories().stream()
                        .anyMatch(target -> isGoneOver(facts(facts, target).content(), facts));
        for (TargetDirectory target : plan.directories()) {
            DirectoryFacts there = facts(facts, target);
            if (differing && (target instanceof TargetDirectory.WalDirectory || isGoneOver(there.content(), facts))) {
                new DeltaCheck(plan.request().occupied().orElseThrow().isStopped(), system, facts.cluster())
                        .problem(target, there.content())
                        .ifPresentOrElse(findings::add, () -> checkWritable(target, there, findings));
            } else if (!aside.moves(target)) {
                checkContent(plan, target, there, findings);
            }
        }
        findings.addAll(aside.findings());
        checkPlaces(plan, facts, findings);
        StartFrom start = differing
                ? new StartFrom.Differing()
                : aside.start()
                        .orElseGet(() -> StartFrom.of(
                                plan.request().role(),
                                plan.directories(),
                                plan.directories().stream()
                                        .map(target -> facts(facts, target).content())
                                        .toList(),
                                facts.moved()));
        if (start.isOfNothing()) {
            checkSpace(plan, Map.of(), facts, findings);
        }
        checkOwner(plan, facts, findings);
        checkVersion(plan, facts, findings);
        return plan.from(start).with(findings);
    }

    /** Whether it is a cluster that a restore may go over; whether it does, {@link DeltaCheck} says. */
    private static boolean isGoneOver(Content content, TargetFacts facts) {
        return switch (content) {
            case Content.CutOff _,
                    Content.Unfinished _,
                    Content.Restored _,
                    Content.Used _,
                    Content.Live _,
                    Content.OfCluster _,
                    Content.OfSeveral _ -> true;
            // Its PG_VERSION may be lost.
            case Content.Occupied _ ->
                facts.cluster().flatMap(TargetFacts.ClusterFacts::system).isPresent();
            case Content.Missing _,
                    Content.Empty _,
                    Content.NotADirectory _,
                    Content.Dangling _,
                    Content.Unreadable _ -> false;
        };
    }

    private static void checkContent(
            Chosen plan, TargetDirectory target, DirectoryFacts facts, List<PlanFinding> findings) {
        String name = target.title() + " '" + target.path() + "'";
        switch (facts.content()) {
            case Content.Missing missing -> checkWritable(target, facts, findings);
            case Content.Empty empty -> checkWritable(target, facts, findings);
            case Content.CutOff cutOff
            when cutOff.backupId().equals(plan.backup().id()) -> {
                checkWritable(target, facts, findings);
                findings.add(PlanFinding.note(
                        WRITE, name + " holds a restore of this backup that was interrupted; it will be completed"));
            }
            case Content.CutOff cutOff -> findings.add(ofAnotherBackup(name, cutOff.backupId()));
            case Content.Unfinished unfinished ->
                findings.add(refused(
                        name + " holds a restore of backup " + unfinished.backupId()
                                + " over a cluster, which was interrupted",
                        "Complete it: add --delta."));
            case Content.Restored restored
            when restored.backupId().equals(plan.backup().id()) -> {
                checkWritable(target, facts, findings);
                findings.add(PlanFinding.note(
                        WRITE,
                        name + " holds this backup, restored completely; the settings are written again, and"
                                + " restore_command is tried"));
            }
            case Content.Restored restored -> findings.add(ofAnotherBackup(name, restored.backupId()));
            case Content.Used used ->
                findings.add(refused(
                        name + " holds a restored cluster that was started since",
                        "Restore into another directory; this one is not touched."));
            case Content.Live live ->
                findings.add(refused(
                        name + " holds a postmaster.pid: a server runs there, or was not shut down cleanly",
                        elsewhere(target)));
            case Content.OfCluster of ->
                findings.add(refused(
                        name + " belongs to a cluster: it holds '" + of.proof() + "'; nothing in it is touched",
                        elsewhere(target)));
            case Content.OfSeveral of ->
                findings.add(refused(
                        name + " belongs to clusters of several versions: it holds " + String.join(", ", of.proofs())
                                + "; nothing in it is touched",
                        elsewhere(target)));
            case Content.Occupied lost
            when lost.example().equals("lost+found") ->
                findings.add(refused(
                        name + " is the mount point of a disk: it holds 'lost+found'",
                        "Restore into a directory in it: "
                                + target.option(target.path().resolve("data"))));
            case Content.Occupied occupied ->
                findings.add(refused(
                        name + " is not empty: it holds '" + occupied.example() + "'",
                        "Restore into a directory that is new or empty, such as " + suggestion(target)));
            case Content.NotADirectory not ->
                findings.add(refused(name + " is not a directory", "Restore into another directory."));
            case Content.Dangling dangling ->
                findings.add(refused(
                        name + " is a link to '" + dangling.target() + "', which is not there",
                        "Is a disk not mounted? Then mount it. " + elsewhere(target)));
            case Content.Unreadable unreadable ->
                findings.add(refused(
                        name + " belongs to another user, and this one may not look into it",
                        "Run this as its owner. " + elsewhere(target)));
        }
    }

    private static PlanFinding ofAnotherBackup(String name, String backupId) {
        return refused(
                name + " holds a restore of backup " + backupId + " that was interrupted",
                "Remove the directory, or complete that restore with --backup " + backupId + ".");
    }

    static String elsewhere(TargetDirectory target) {
        return "Restore elsewhere: " + suggestion(target);
    }

    /** Never advises to remove anything: the files there may be the only copy. */
    private static String suggestion(TargetDirectory target) {
        return target.option(target.path().resolveSibling(target.path().getFileName() + "-restored"));
    }

    private static void checkWritable(TargetDirectory target, DirectoryFacts facts, List<PlanFinding> findings) {
        if (!facts.writable()) {
            findings.add(refused(
                    "no permission to write " + target.title() + " '" + target.path() + "'",
                    "Run this as the user that PostgreSQL will run as, or make the directory for that user first. If"
                            + " it belongs to that user, is it immutable, or its file system read-only? See it with:"
                            + " lsattr -d " + ShellWord.quote(target.path().toString())));
        }
    }

    /** The plan of a restore over a cluster, with what that means for the files that are there. */
    public static Chosen check(Chosen plan, DeltaChanges changes, TargetFacts facts) {
        List<PlanFinding> findings = new ArrayList<>(changes.findings());
        checkSpace(plan, changes.presentBytes(), facts, findings);
        return plan.changing(changes).with(findings);
    }

    /** @param present how many bytes are in place in a directory, and take their part of the room already */
    private static void checkSpace(
            Chosen plan, Map<Path, Long> present, TargetFacts facts, List<PlanFinding> findings) {
        Map<String, Long> needed = new LinkedHashMap<>();
        Map<String, List<String>> titles = new HashMap<>();
        for (TargetDirectory target : plan.directories()) {
            String fileSystem = facts(facts, target).fileSystem();
            needed.merge(
                    fileSystem,
                    Math.max(0, target.sizeBytes() - present.getOrDefault(target.path(), 0L)) + SLACK_BYTES,
                    Long::sum);
            titles.computeIfAbsent(fileSystem, ignored -> new ArrayList<>()).add(target.title());
        }
        for (TargetDirectory target : plan.directories()) {
            DirectoryFacts of = facts(facts, target);
            Long bytes = needed.remove(of.fileSystem());
            if (bytes != null && of.freeBytes().filter(free -> free < bytes).isPresent()) {
                findings.add(PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        SPACE,
                        String.join(", ", titles.getOrDefault(of.fileSystem(), List.of())) + " at '"
                                + target.path() + "': " + Bytes.describe(bytes) + " needed, "
                                + of.freeBytes().map(Bytes::describe).orElse("?") + " free",
                        target instanceof TargetDirectory.DataDirectory
                                ? "Make room, or restore to another file system."
                                : "Put it elsewhere: " + target.option(Path.of("DIR"))));
            }
        }
    }

    /** Nothing is restored into a place that belongs to something else. */
    private static void checkPlaces(Chosen plan, TargetFacts facts, List<PlanFinding> findings) {
        for (TargetDirectory target : plan.directories()) {
            facts.near().stream()
                    .filter(each -> each.directory().equals(target.path())
                            && isTaken(each, facts(facts, target).content()))
                    .findFirst()
                    .ifPresent(each -> findings.add(refused(
                            target.title() + " '" + target.path() + "' would be "
                                    + (each.relation() == Relation.INSIDE ? "in " : "") + each.place(),
                            "Name a directory outside of it: " + target.option(Path.of("DIR")))));
        }
    }

    /** What is there already is judged by its content: a tablespace may be in the directory of another one. */
    private static boolean isTaken(Near near, Content content) {
        boolean isNew = content instanceof Content.Missing || content instanceof Content.Empty;
        return switch (near.relation()) {
            case INSIDE -> isNew || near.place().kind() != OwnedPlace.Kind.CLUSTER;
            case EQUAL -> near.place().kind() != OwnedPlace.Kind.CLUSTER;
            case AROUND -> false;
        };
    }

    private static void checkOwner(Chosen plan, TargetFacts facts, List<PlanFinding> findings) {
        if (facts.owner().root()) {
            findings.add(refused(
                    "the files would belong to root, and PostgreSQL does not run as root",
                    "Make the directory for the user of PostgreSQL first: install -d -o postgres -g postgres -m 700 "
                            + plan.request().directory()));
        }
    }

    private static void checkVersion(Chosen plan, TargetFacts facts, List<PlanFinding> findings) {
        int major = plan.backup().postgresMajor();
        if (!facts.installedMajors().isEmpty() && !facts.installedMajors().contains(major)) {
            findings.add(PlanFinding.warning(
                    WRITE,
                    "the backup is of PostgreSQL " + major + ", whose programs were not found on this host",
                    "Install PostgreSQL " + major + " before you start the restored cluster."));
        }
    }

    /** What the host says of one directory of a plan. */
    public static DirectoryFacts facts(TargetFacts facts, TargetDirectory target) {
        Path directory = target.path();
        DirectoryFacts found = facts.directories().get(directory);
        if (found == null) {
            throw new IllegalArgumentException("nothing is known of '" + directory + "'");
        }
        return found;
    }

    static PlanFinding refused(String message, String hint) {
        return PlanFinding.problem(ExitCode.RESTORE_REFUSED, WRITE, message, hint);
    }
}
