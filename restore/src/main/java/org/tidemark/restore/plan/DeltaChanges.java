// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;

/**
 * What a restore over a cluster does with the files that are there and not in the backup. Those of the backup are
 * compared piece by piece, and written where they differ. Immutable.
 *
 * @param aside the directory that takes what may exist nowhere else
 * @param canSetAside whether it can be made
 * @param wal files of pg_wal that go there: no repository is known to hold them
 * @param copied files of the backup that others than PostgreSQL wrote, such as configuration, certificates and logs,
 *     and that differ: they are copied there before those of the backup are written
 * @param archived the names of files in pg_wal that a repository holds with the same content; they are removed
 * @param removed files, links and empty directories that PostgreSQL wrote, each directory after what is in it
 * @param removedBytes their size
 * @param staying the paths of what is not touched
 * @param outside directories outside of the data directory that are gone over
 * @param readOnly files that must be made writable first
 * @param linked how many files of the backup have other names as well, by hard links
 * @param presentBytes how many bytes of the backup's files are there, by the directory of the plan
 * @param conflicts paths that are a file in the backup and something else here, or the other way round
 * @param foreign what this user may not write
 */
public record DeltaChanges(
        Path aside,
        boolean canSetAside,
        List<Path> wal,
        List<Kept> copied,
        Set<String> archived,
        List<Path> removed,
        long removedBytes,
        List<String> staying,
        List<Path> outside,
        List<Path> readOnly,
        long linked,
        Map<Path, Long> presentBytes,
        List<Conflict> conflicts,
        List<Path> foreign) {
    /**
     * A file that is copied aside.
     *
     * @param path as in the manifest
     */
    public record Kept(Path file, String path) {}

    /**
     * A path that is a file in the backup and something else here, or the other way round.
     *
     * @param leads where it leads; empty if it is no link
     * @param isThere whether anything is there
     */
    public record Conflict(Path path, Optional<Path> leads, boolean isThere) {
        /** What is at a path. */
        public static Conflict at(Path path) throws IOException {
            return Files.isSymbolicLink(path)
                    ? new Conflict(path, Optional.of(Files.readSymbolicLink(path)), Files.exists(path))
                    : new Conflict(path, Optional.empty(), true);
        }

        private PlanFinding finding() {
            String message = leads.isEmpty()
                    ? "'" + path + "' is not what it is in the backup: a special file, or a directory where the backup"
                            + " has a file"
                    : "'" + path + "' is not what it is in the backup: it is a link to '" + leads.get() + "'"
                            + (isThere ? "" : ", which is not there");
            return Preflight.refused(
                    message,
                    isThere
                            ? "Who put it there? Move it away, or restore into a new directory."
                            : "Is a disk not mounted? Then mount it, or restore into a new directory.");
        }
    }

    /** A plan names so many of each kind, and counts the others. */
    private static final int MOST_NAMES = 10;

    public DeltaChanges {
        wal = List.copyOf(wal);
        copied = List.copyOf(copied);
        archived = Set.copyOf(archived);
        removed = List.copyOf(removed);
        staying = List.copyOf(staying);
        readOnly = List.copyOf(readOnly);
        presentBytes = Map.copyOf(presentBytes);
        conflicts = List.copyOf(conflicts);
        foreign = List.copyOf(foreign);
        outside = List.copyOf(outside);
    }

    /** In bytes. */
    public long present() {
        return presentBytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What a plan says of them. */
    public List<PlanFinding> findings() {
        List<PlanFinding> findings = new ArrayList<>();
        conflicts.forEach(each -> findings.add(each.finding()));
        if (!foreign.isEmpty()) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    "this user may not write "
                            + names(foreign.stream().map(Path::toString).toList()),
                    "See the owner with ls -ld, and whether it is immutable with lsattr -d. Give it to the user of"
                            + " PostgreSQL, or run this as root; take immutability away with chattr -i."));
        }
        if (!canSetAside && !(wal.isEmpty() && copied.isEmpty())) {
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
        if (!outside.isEmpty()) {
            findings.add(PlanFinding.note(
                    Topic.WRITE,
                    "also updated, outside of the data directory: "
                            + names(outside.stream().map(Path::toString).toList())));
        }
        if (linked > 0) {
            findings.add(PlanFinding.warning(
                    Topic.WRITE,
                    Amounts.count(linked, "file has another name", "files have other names")
                            + " by hard links, and would change there as well",
                    "Is that a safety copy made with 'cp -l'? Then make a real one first."));
        }
        if (!copied.isEmpty()) {
            findings.add(PlanFinding.note(
                    Topic.WRITE,
                    "copied to '" + aside + "' before those of the backup are written: "
                            + names(copied.stream().map(Kept::path).toList())));
        }
        if (!staying.isEmpty()) {
            findings.add(PlanFinding.note(Topic.WRITE, "not touched: " + names(staying)));
        }
        if (!wal.isEmpty()) {
            findings.add(lacking("moved to '" + aside + "', since no repository holds ", wal));
        }
        return findings;
    }

    /** @param what becomes of files of WAL that no repository holds: the beginning of a sentence */
    static PlanFinding lacking(String what, List<Path> wal) {
        boolean one = wal.size() == 1;
        return PlanFinding.warning(
                Topic.WRITE,
                what + (one ? "it: " : "them: ") + names(paths(wal)),
                "This recovery does not replay " + (one ? "it" : "them")
                        + ". If it is to, and the timeline of this recovery has " + (one ? "it" : "them")
                        + ", archive each complete segment first: tidemark wal-push FILE");
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
