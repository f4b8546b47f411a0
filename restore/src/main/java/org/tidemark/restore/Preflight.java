// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.tidemark.restore.Finding.Topic.SPACE;
import static org.tidemark.restore.Finding.Topic.WRITE;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.ExitCode;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.TargetFacts.Content;
import org.tidemark.restore.TargetFacts.PlaceFacts;

/** Whether the target host allows what a plan would write. Pure. */
public final class Preflight {
    /** Room for pg_control, marks, directories, and the segment that PostgreSQL reads at a time. */
    private static final long SLACK_BYTES = 64L << 20;

    private Preflight() {}

    /** The plan with what was found; a resumed restore is said to be one. */
    public static Chosen check(Chosen plan, TargetFacts facts) {
        List<Finding> findings = new ArrayList<>();
        for (Place place : plan.places()) {
            checkContent(plan, place, facts(facts, place), findings);
        }
        checkSpace(plan, facts, findings);
        checkOwner(plan, facts, findings);
        checkVersion(plan, facts, findings);
        return plan.with(findings);
    }

    private static void checkContent(Chosen plan, Place place, PlaceFacts facts, List<Finding> findings) {
        String name = place.title() + " '" + place.directory() + "'";
        switch (facts.content()) {
            case Content.Missing missing -> checkWritable(place, facts, findings);
            case Content.Empty empty -> checkWritable(place, facts, findings);
            case Content.CutOff cutOff
            when cutOff.backupId().equals(plan.backup().id()) -> {
                checkWritable(place, facts, findings);
                findings.add(Finding.note(
                        WRITE, name + " holds a restore of this backup that was interrupted; it will be completed"));
            }
            case Content.CutOff cutOff ->
                findings.add(refused(
                        name + " holds a restore of backup " + cutOff.backupId() + " that was interrupted",
                        "Remove the directory, or complete that restore with --backup " + cutOff.backupId() + "."));
            case Content.Used used ->
                findings.add(refused(
                        name + " holds a restored cluster that a server has used since",
                        "Restore into another directory; what was written there is not touched."));
            case Content.Live live ->
                findings.add(refused(
                        name + " holds a postmaster.pid: a server runs there, or was not shut down cleanly",
                        elsewhere(place)));
            case Content.OfCluster of ->
                findings.add(refused(
                        name + " belongs to a cluster: it holds '" + of.proof() + "'; nothing in it is touched",
                        elsewhere(place)));
            case Content.Occupied lost
            when lost.example().equals("lost+found") ->
                findings.add(refused(
                        name + " is where a disk is mounted: it holds 'lost+found'",
                        "Restore into a directory in it: "
                                + place.option(place.directory().resolve("data"))));
            case Content.Occupied occupied ->
                findings.add(refused(
                        name + " is not empty: it holds '" + occupied.example() + "'",
                        "Restore into a directory that is new or empty, such as " + suggestion(place)));
            case Content.NotADirectory not ->
                findings.add(refused(name + " is not a directory", "Restore into another directory."));
        }
    }

    private static String elsewhere(Place place) {
        return "Restore elsewhere: " + suggestion(place);
    }

    /** Never an advice to remove anything: what stands there may be the only copy of something. */
    private static String suggestion(Place place) {
        return place.option(place.directory().resolveSibling(place.directory().getFileName() + "-restored"));
    }

    private static void checkWritable(Place place, PlaceFacts facts, List<Finding> findings) {
        if (!facts.writable()) {
            findings.add(refused(
                    "no right to write " + place.title() + " '" + place.directory() + "'",
                    "Run this as the user that PostgreSQL will run as, or make the directory for that user first."));
        }
    }

    private static void checkSpace(Chosen plan, TargetFacts facts, List<Finding> findings) {
        Map<String, Long> needed = new LinkedHashMap<>();
        Map<String, List<String>> titles = new HashMap<>();
        for (Place place : plan.places()) {
            String fileSystem = facts(facts, place).fileSystem();
            needed.merge(fileSystem, place.sizeBytes() + SLACK_BYTES, Long::sum);
            titles.computeIfAbsent(fileSystem, ignored -> new ArrayList<>()).add(place.title());
        }
        boolean resumed =
                plan.places().stream().anyMatch(place -> facts(facts, place).content() instanceof Content.CutOff);
        for (Place place : plan.places()) {
            PlaceFacts of = facts(facts, place);
            Long bytes = needed.remove(of.fileSystem());
            // What a restore that was cut off has written takes its part of the room already.
            if (bytes != null && of.freeBytes() < bytes && !resumed) {
                findings.add(Finding.problem(
                        ExitCode.RESTORE_REFUSED,
                        SPACE,
                        String.join(", ", titles.getOrDefault(of.fileSystem(), List.of())) + " at '"
                                + place.directory() + "': " + Bytes.describe(bytes) + " needed, "
                                + Bytes.describe(of.freeBytes()) + " free",
                        place instanceof Place.Tablespace tablespace
                                ? "Put it elsewhere with --tablespace " + tablespace.oid() + "=DIR."
                                : "Make room, or restore to another file system."));
            }
        }
    }

    private static void checkOwner(Chosen plan, TargetFacts facts, List<Finding> findings) {
        if (facts.owner().root()) {
            findings.add(refused(
                    "the files would belong to root, and PostgreSQL does not run as root",
                    "Make the directory for the user of PostgreSQL first: install -d -o postgres -g postgres -m 700 "
                            + plan.request().directory()));
        }
    }

    private static void checkVersion(Chosen plan, TargetFacts facts, List<Finding> findings) {
        int major = plan.backup().postgresMajor();
        if (!facts.installedMajors().isEmpty() && !facts.installedMajors().contains(major)) {
            findings.add(Finding.warning(
                    WRITE,
                    "the backup is of PostgreSQL " + major + ", of which no program was found on this host",
                    "Install PostgreSQL " + major + " before you start the restored cluster."));
        }
    }

    private static PlaceFacts facts(TargetFacts facts, Place place) {
        Path directory = place.directory();
        PlaceFacts found = facts.places().get(directory);
        if (found == null) {
            throw new IllegalArgumentException("nothing is known of '" + directory + "'");
        }
        return found;
    }

    private static Finding refused(String message, String hint) {
        return Finding.problem(ExitCode.RESTORE_REFUSED, WRITE, message, hint);
    }
}
