// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;

/**
 * What a restore over a cluster does with the files that are there and not in the backup. Those of the backup are
 * compared piece by piece, and written where they differ. Immutable.
 *
 * @param aside the directory that takes what may exist nowhere else
 * @param canSetAside whether it can be made
 * @param wal files of pg_wal that go there: no repository is known to hold them
 * @param settings configuration files that are copied there before those of the backup are written
 * @param archived the names of segments in pg_wal that a repository holds with the same content; they are removed
 * @param removed files, links and empty directories that PostgreSQL wrote, each directory after what is in it
 * @param removedBytes their size
 * @param staying the paths of what is not touched
 * @param readOnly files that must be made writable first
 * @param presentBytes how many bytes of the backup's files are there, by the directory of the plan
 * @param conflicts paths that are a file in the backup and something else here, or the other way round
 */
public record DeltaChanges(
        Path aside,
        boolean canSetAside,
        List<Path> wal,
        List<Path> settings,
        Set<String> archived,
        List<Path> removed,
        long removedBytes,
        List<String> staying,
        List<Path> readOnly,
        Map<Path, Long> presentBytes,
        List<Path> conflicts) {
    /** A plan names so many of each kind, and counts the others. */
    private static final int MOST_NAMES = 10;

    public DeltaChanges {
        wal = List.copyOf(wal);
        settings = List.copyOf(settings);
        archived = Set.copyOf(archived);
        removed = List.copyOf(removed);
        staying = List.copyOf(staying);
        readOnly = List.copyOf(readOnly);
        presentBytes = Map.copyOf(presentBytes);
        conflicts = List.copyOf(conflicts);
    }

    /** What was found out for it. */
    DeltaSurvey.Elsewhere known() {
        return new DeltaSurvey.Elsewhere() {
            @Override
            public boolean isArchived(Segment segment, Path file) {
                return archived.contains(segment.name());
            }

            @Override
            public boolean isInBackup(Path file) {
                return !settings.contains(file);
            }
        };
    }

    /** In bytes. */
    public long present() {
        return presentBytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What a plan says of them. */
    List<PlanFinding> findings() {
        List<PlanFinding> findings = new ArrayList<>();
        for (Path conflict : conflicts) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    "'" + conflict + "' is not what it is in the backup: a link, a special file, or a directory where"
                            + " the backup has a file",
                    "Who put it there? Move it away, or restore into a new directory."));
        }
        if (!canSetAside && !(wal.isEmpty() && settings.isEmpty())) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    "no permission to make '" + aside + "', for settings and WAL that may exist nowhere else",
                    "Let the user of PostgreSQL make directories in '" + aside.getParent()
                            + "', or restore into a new directory."));
        }
        findings.add(PlanFinding.note(
                Topic.WRITE,
                Bytes.describe(present()) + " are there; they are compared with the backup, and what differs is"
                        + " written"));
        if (!removed.isEmpty()) {
            findings.add(PlanFinding.note(
                    Topic.WRITE,
                    "removed: " + Amounts.count(removed.size(), "name", "names") + " that PostgreSQL wrote and the"
                            + " backup lacks, " + Bytes.describe(removedBytes)
                            + (archived.isEmpty()
                                    ? ""
                                    : ", of these " + Amounts.count(archived.size(), "segment", "segments")
                                            + " of WAL that a repository holds")));
        }
        if (!settings.isEmpty()) {
            findings.add(PlanFinding.note(
                    Topic.WRITE,
                    "copied to '" + aside + "' before those of the backup are written: " + names(paths(settings))));
        }
        if (!staying.isEmpty()) {
            findings.add(PlanFinding.note(Topic.WRITE, "not touched: " + names(staying)));
        }
        if (!wal.isEmpty()) {
            findings.add(PlanFinding.warning(
                    Topic.WRITE,
                    "moved to '" + aside + "', since no repository holds " + (wal.size() == 1 ? "it: " : "them: ")
                            + names(paths(wal)),
                    "This recovery does not replay them. If it is to, archive each complete segment first: tidemark"
                            + " wal-push FILE"));
        }
        return findings;
    }

    private static List<String> paths(List<Path> files) {
        return files.stream().map(each -> String.valueOf(each.getFileName())).toList();
    }

    private static String names(List<String> names) {
        int more = names.size() - MOST_NAMES;
        return String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMES)))
                + (more > 0 ? " and " + Amounts.count(more, "other", "others") : "");
    }
}
