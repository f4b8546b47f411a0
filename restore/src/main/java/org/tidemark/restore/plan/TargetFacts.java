// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.OwnedPlace.Relation;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ControlFile;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom.Move;

/**
 * What a host says of the directories that a plan would write. Immutable.
 *
 * @param directories by the directory of the {@link TargetDirectory}
 * @param owner the owner that the files would get
 * @param installedMajors the versions of PostgreSQL that were found, 13 and so on; empty if none was, which proves
 *     nothing
 * @param cluster of the data directory, if a restore is to go over what is in it
 * @param leaving what leaves with a cluster that is moved aside, beside the directories of the plan
 * @param moved what an interrupted restore of the data directory has moved aside, and is still there
 * @param near what the directories have to do with places that belong to something
 */
public record TargetFacts(
        Map<Path, DirectoryFacts> directories,
        Owner owner,
        Set<Integer> installedMajors,
        Optional<ClusterFacts> cluster,
        List<Leaving> leaving,
        List<Move> moved,
        List<Near> near) {
    /** Those for a restore into empty directories. */
    public TargetFacts(Map<Path, DirectoryFacts> directories, Owner owner, Set<Integer> installedMajors) {
        this(directories, owner, installedMajors, Optional.empty(), List.of(), List.of(), List.of());
    }

    public TargetFacts {
        directories = Map.copyOf(directories);
        installedMajors = Set.copyOf(installedMajors);
        leaving = List.copyOf(leaving);
        moved = List.copyOf(moved);
        near = List.copyOf(near);
    }

    /**
     * A directory that is at, in or around a place that belongs to something.
     *
     * @param relation where the directory is, seen from the place
     */
    public record Near(Path directory, OwnedPlace place, Relation relation) {}

    /**
     * A directory of the cluster that no plan writes, and that the recovery would: a tablespace that the backup lacks.
     * It is moved aside with the cluster, so that the replay of CREATE TABLESPACE finds an empty one.
     *
     * @param title for messages
     */
    public record Leaving(String title, Path path, DirectoryFacts facts) {}

    /** What is in a directory. */
    public sealed interface Content {
        record Missing() implements Content {}

        record Empty() implements Content {}

        /** What a restore of this backup has left that did not come to its end. */
        record CutOff(String backupId) implements Content {}

        /** What a restore over a cluster has left that did not come to its end; part of it may be untouched. */
        record Unfinished(String backupId) implements Content {}

        /**
         * All files of a restore of this backup, which was interrupted before its restore_command had been tried.
         *
         * @param links where the links in pg_tblspc lead, by the OID, and where pg_wal is, by its name
         * @param signals the names of its signal files
         */
        record Restored(String backupId, Map<String, Path> links, Set<String> signals) implements Content {
            public Restored {
                links = Map.copyOf(links);
                signals = Set.copyOf(signals);
            }
        }

        /**
         * A restore that was completed, and that a server has been started on: no restore any more, but somebody's
         * data.
         */
        record Used() implements Content {}

        /** A data directory that a server runs on, or did not leave in order. */
        record Live() implements Content {}

        /**
         * A data directory without postmaster.pid, or a directory that a tablespace of a cluster is in.
         *
         * @param proof the name of the entry that shows it
         */
        record OfCluster(String proof) implements Content {}

        /** A directory that clusters of several versions have a tablespace in. */
        record OfSeveral(List<String> proofs) implements Content {
            public OfSeveral {
                proofs = List.copyOf(proofs);
            }
        }

        /**
         * Something that no restore of ours wrote.
         *
         * @param example the name of one entry
         */
        record Occupied(String example) implements Content {}

        record NotADirectory() implements Content {}

        /** A link to something that is not there. */
        record Dangling(Path target) implements Content {}

        /** A directory that this user may not look into. */
        record Unreadable() implements Content {}
    }

    /**
     * A cluster that a restore is to go over.
     *
     * @param system empty if its pg_control cannot be read
     * @param control empty as well where an interrupted restore has removed it
     * @param links where the links in pg_tblspc lead, by the OID, and where pg_wal is, by its name
     * @param shared which directory another cluster uses as well, as a sentence
     */
    public record ClusterFacts(
            Optional<SystemIdentifier> system,
            Optional<ControlFile> control,
            Use use,
            Map<String, Path> links,
            Optional<String> shared) {
        /** Whether a server uses it. */
        public enum Use {
            NONE,
            RUNNING,
            /** It has a postmaster.pid, whose process is not seen here. */
            UNKNOWN
        }

        public ClusterFacts {
            links = Map.copyOf(links);
        }
    }

    /**
     * One directory.
     *
     * @param fileSystem the same for two directories whose space is one
     * @param freeBytes that an ordinary user may write; empty if the file system does not say
     * @param writable whether the directory, or the nearest that exists above it, may be written
     * @param freeFiles how many files the file system still takes; empty if it has no limit, or does not say
     * @param renaming whether it can be renamed; empty if it does not exist
     */
    public record DirectoryFacts(
            Content content,
            String fileSystem,
            Optional<Long> freeBytes,
            Optional<Long> freeFiles,
            boolean writable,
            Optional<Renaming> renaming) {
        /** One on a file system without a limit for the number of files. */
        public DirectoryFacts(
                Content content,
                String fileSystem,
                Optional<Long> freeBytes,
                boolean writable,
                Optional<Renaming> renaming) {
            this(content, fileSystem, freeBytes, Optional.empty(), writable, renaming);
        }
    }

    /**
     * Whose the files would be.
     *
     * @param name of the user
     * @param root whether that is root, under whom PostgreSQL does not run
     */
    public record Owner(String name, boolean root) {}
}
