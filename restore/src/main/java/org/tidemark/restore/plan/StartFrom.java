// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.TargetFacts.Content;
import org.tidemark.restore.request.Role;

/** What a restore begins with in the directories that it fills. Immutable. */
public sealed interface StartFrom {
    /** Nothing: every frame is fetched. */
    record Empty() implements StartFrom {}

    /**
     * The files of an interrupted restore: a frame whose bytes are in place is not fetched again.
     *
     * @param moved what that restore has moved aside
     */
    record Resumed(List<Move> moved) implements StartFrom {
        public Resumed {
            moved = List.copyOf(moved);
        }
    }

    /** A cluster, or what an interrupted restore has left: what differs is fetched, and what is foreign is removed. */
    record Differing() implements StartFrom {}

    /**
     * A cluster that is moved away first: every frame is fetched.
     *
     * @param moves in their order, that of the data directory last; see {@code MovedAside}
     */
    record Aside(List<Move> moves) implements StartFrom {
        public Aside {
            moves = List.copyOf(moves);
        }

        /** That of the data directory. */
        public Move data() {
            return moves.getLast();
        }

        /**
         * What a plan says of WAL that leaves with the data directory.
         *
         * @param wal the files of pg_wal that no repository holds
         */
        public List<PlanFinding> findings(List<Path> wal) {
            return wal.isEmpty()
                    ? List.of()
                    : List.of(DeltaChanges.lacking(
                            "goes to '" + data().to().resolve("pg_wal") + "', and no repository holds ", wal));
        }
    }

    /**
     * A directory that is renamed.
     *
     * @param to beside it; does not exist
     */
    record Move(Path from, Path to) {}

    /**
     * A complete data directory: every file of the backup is in place, and only what the role writes is missing.
     *
     * @param moved what the restore has moved aside that was interrupted
     */
    record Existing(List<Move> moved) implements StartFrom {
        public Existing {
            moved = List.copyOf(moved);
        }
    }

    /** What is moved aside now, or was when the restore began. */
    default List<Move> moved() {
        return switch (this) {
            case Aside aside -> aside.moves();
            case Resumed resumed -> resumed.moved();
            case Existing existing -> existing.moved();
            case Empty _, Differing _ -> List.of();
        };
    }

    /** Whether nothing is in the directories when the first file is written. */
    default boolean isOfNothing() {
        return switch (this) {
            case Empty _, Aside _ -> true;
            case Resumed _, Differing _, Existing _ -> false;
        };
    }

    /**
     * Decides it for directories that the preflight allows.
     *
     * @param contents what is in each of the directories
     * @param moved what an interrupted restore has moved aside
     */
    static StartFrom of(Role role, List<TargetDirectory> directories, List<Content> contents, List<Move> moved) {
        if (contents.stream().noneMatch(each -> each instanceof Content.CutOff || each instanceof Content.Restored)) {
            return new Empty();
        }
        // Only the data directory shows whether all files are in place; a tablespace has its marker alone.
        boolean whole = contents.stream()
                        .anyMatch(each -> each instanceof Content.Restored restored
                                && leadTo(restored.links(), directories)
                                // What another role has written into the settings would stay there.
                                && Set.of(role.signalFile()).containsAll(restored.signals()))
                && contents.stream()
                        .allMatch(each -> each instanceof Content.Restored || each instanceof Content.CutOff);
        return whole ? new Existing(moved) : new Resumed(moved);
    }

    /** Whether the tablespaces and pg_wal were restored into these directories. */
    private static boolean leadTo(Map<String, Path> links, List<TargetDirectory> directories) {
        return directories.stream().allMatch(target -> switch (target) {
            case TargetDirectory.DataDirectory _ -> true;
            case TargetDirectory.Tablespace tablespace -> tablespace.path().equals(links.get(tablespace.oid()));
            case TargetDirectory.WalDirectory wal -> wal.path().equals(links.get("pg_wal"));
        });
    }
}
