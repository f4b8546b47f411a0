// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.ShellWord;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.plan.Preflight;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.TargetFacts;

/** Whether the file systems of a plan take as many files as the backup has. */
public final class InodeCheck {
    /** Marks, settings, and what PostgreSQL makes at its start. */
    private static final long SLACK_FILES = 64;

    private static final String TABLESPACES = "pg_tblspc/";

    private InodeCheck() {}

    /**
     * Looks at them, and reads the list of files only if one of them could not take all.
     *
     * @param contents the files of the backup
     */
    public static List<PlanFinding> of(Chosen plan, TargetFacts facts, IoAction.Returning<RestoreContents> contents)
            throws IOException {
        long all = 2 * plan.backup().files() + SLACK_FILES * plan.directories().size();
        return plan.start().isOfNothing()
                        && plan.directories().stream()
                                .flatMap(each -> Preflight.facts(facts, each).freeFiles().stream())
                                .anyMatch(free -> free < all)
                ? compared(plan, facts, files(plan.directories(), contents.run()))
                : List.of();
    }

    /** How many files and directories go to each directory of the plan. */
    private static Map<Path, Long> files(List<TargetDirectory> directories, RestoreContents contents) {
        Map<String, Path> tablespaces = new LinkedHashMap<>();
        Map<Path, Long> counts = new LinkedHashMap<>();
        Path data = directories.getFirst().path();
        for (TargetDirectory each : directories) {
            if (each instanceof TargetDirectory.Tablespace tablespace) {
                tablespaces.put(tablespace.oid(), tablespace.path());
            }
        }
        contents.paths().forEach(path -> {
            int slash = path.indexOf('/', TABLESPACES.length());
            Path tablespace = path.startsWith(TABLESPACES) && slash > 0
                    ? tablespaces.get(path.substring(TABLESPACES.length(), slash))
                    : null;
            counts.merge(tablespace == null ? data : tablespace, 1L, Long::sum);
        });
        return counts;
    }

    private static List<PlanFinding> compared(Chosen plan, TargetFacts facts, Map<Path, Long> files) {
        Map<String, Long> needed = new LinkedHashMap<>();
        for (TargetDirectory each : plan.directories()) {
            needed.merge(
                    Preflight.facts(facts, each).fileSystem(),
                    files.getOrDefault(each.path(), 0L) + SLACK_FILES,
                    Long::sum);
        }
        List<PlanFinding> findings = new ArrayList<>();
        for (TargetDirectory each : plan.directories()) {
            Long count = needed.remove(Preflight.facts(facts, each).fileSystem());
            Optional<Long> free = Preflight.facts(facts, each).freeFiles();
            if (count != null && free.isPresent() && free.get() < count) {
                findings.add(PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        Topic.SPACE,
                        each.title() + " at '" + each.path() + "': " + count + " inodes needed, " + free.get()
                                + " free",
                        "Remove files there, or restore to another file system: " + each.option(Path.of("DIR"))
                                + ". See the inodes with: df -i "
                                + ShellWord.quote(each.path().toString())));
            }
        }
        return findings;
    }
}
