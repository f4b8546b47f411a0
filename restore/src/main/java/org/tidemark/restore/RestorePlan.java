// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.ShellWord;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.RestorePoint;
import org.tidemark.restore.BackupCandidate.TablespacePlace;

/** What a restore would do, and what keeps it from being done. Nothing has been written. Immutable. */
public sealed interface RestorePlan {
    RestoreRequest request();

    List<PlanFinding> findings();

    /** What must be solved first; a plan with problems is not carried out. */
    default List<PlanFinding> problems() {
        return findings().stream().filter(PlanFinding::isProblem).toList();
    }

    /** Whether the recovery ends at the target. */
    Reachability reachable();

    /** What is known of a target before its WAL is read. */
    enum Reachability {
        YES("yes"),
        NOT_CERTAIN("not certain"),
        NO("no");

        private final String text;

        Reachability(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * The plan itself, if it can be carried out.
     *
     * @throws UserFacingException for the first problem
     */
    Chosen orThrow();

    /** No backup leads to the target; the findings say why, and what is possible. */
    record NothingFits(RestoreRequest request, List<PlanFinding> findings) implements RestorePlan {
        public NothingFits {
            findings = List.copyOf(findings);
            if (findings.stream().noneMatch(PlanFinding::isProblem)) {
                throw new IllegalArgumentException("a plan without a backup has a problem");
            }
        }

        @Override
        public Reachability reachable() {
            return Reachability.NO;
        }

        @Override
        public Chosen orThrow() {
            throw problems().getFirst().asException();
        }
    }

    /**
     * A backup, and the WAL that leads from it to the target.
     *
     * @param reason why this backup, for people
     * @param timeline on which the recovery ends
     * @param wal what PostgreSQL will ask for, in order
     * @param directories the directories to be written, the data directory first
     * @param restorePoint where the recovery ends; empty if no restore point is the target, or the WAL was not read
     */
    record Chosen(
            RestoreRequest request,
            BackupCandidate backup,
            String reason,
            Timeline timeline,
            RequiredWal wal,
            List<TargetDirectory> directories,
            Optional<RestorePoint> restorePoint,
            List<PlanFinding> findings)
            implements RestorePlan {
        public Chosen {
            directories = List.copyOf(directories);
            findings = List.copyOf(findings);
        }

        /** The same plan, and later findings. */
        public Chosen with(List<PlanFinding> more) {
            return withFindings(findings, more);
        }

        /** The same plan, with these findings first. */
        Chosen after(List<PlanFinding> first) {
            return withFindings(first, findings);
        }

        private Chosen withFindings(List<PlanFinding> first, List<PlanFinding> then) {
            List<PlanFinding> all = new ArrayList<>(first);
            all.addAll(then);
            return new Chosen(request, backup, reason, timeline, wal, directories, restorePoint, all);
        }

        @Override
        public Reachability reachable() {
            // Only reading the WAL tells which transactions and restore points it holds.
            boolean perhaps = request.target() instanceof RecoveryTarget.AtXid
                    || (request.target() instanceof RecoveryTarget.AtRestorePoint && restorePoint.isEmpty());
            for (PlanFinding finding : findings) {
                if (finding.topic() == PlanFinding.Topic.TARGET || finding.topic() == PlanFinding.Topic.WAL) {
                    if (finding.isProblem()) {
                        return Reachability.NO;
                    }
                    perhaps |= finding.severity() == PlanFinding.Severity.WARNING;
                }
            }
            return perhaps ? Reachability.NOT_CERTAIN : Reachability.YES;
        }

        @Override
        public Chosen orThrow() {
            if (!problems().isEmpty()) {
                throw problems().getFirst().asException();
            }
            return this;
        }
    }

    /** A directory that a restore fills. Immutable. */
    sealed interface TargetDirectory {
        /** Absolute. */
        Path path();

        /** How many bytes will be written below it. */
        long sizeBytes();

        /** PGDATA. */
        record DataDirectory(Path path, long sizeBytes) implements TargetDirectory {}

        /**
         * Where a link in {@code pg_tblspc} leads.
         *
         * @param place where it was when the backup was taken
         * @param moved whether it is another location now
         */
        record Tablespace(TablespacePlace place, Path path, boolean moved) implements TargetDirectory {
            /** In decimal digits. */
            public String oid() {
                return place.oidText();
            }

            @Override
            public long sizeBytes() {
                return place.sizeBytes();
            }
        }

        /** The option of {@code recover} that puts it elsewhere. */
        default String option(Path elsewhere) {
            return switch (this) {
                case DataDirectory data -> "--to " + ShellWord.quote(elsewhere.toString());
                case Tablespace tablespace -> "--tablespace " + ShellWord.quote(tablespace.oid() + "=" + elsewhere);
            };
        }

        /** For messages. */
        default String title() {
            return switch (this) {
                case DataDirectory data -> "data directory";
                case Tablespace tablespace -> "tablespace " + tablespace.place().title();
            };
        }
    }

    /**
     * The archived WAL that a recovery reads. Immutable.
     *
     * @param runs what there is, in the order in which it is read; neighbours are one run, on one timeline each
     * @param segments how many segments are there
     * @param storedBytes their size in the store
     * @param holes the missing segments, in order: at most {@value #MOST_HOLES} holes
     * @param missing how many segments are missing in all
     */
    public record RequiredWal(List<Run> runs, long segments, long storedBytes, List<Run> holes, long missing) {
        /** The maximum number of holes that a plan names. */
        static final int MOST_HOLES = 20;

        /** Neighbouring segments of one timeline, both ends included. */
        public record Run(Segment first, Segment last) {
            @Override
            public String toString() {
                return first.equals(last) ? first.name() : first.name() + " .. " + last.name();
            }
        }

        public RequiredWal {
            runs = List.copyOf(runs);
            holes = List.copyOf(holes);
        }

        public boolean isWhole() {
            return missing == 0;
        }

        /** {@code 3 segments are missing: 0000… .. 0000…}, for people. */
        String describeHoles() {
            String names = holes.stream().map(Run::toString).collect(Collectors.joining(", "));
            String more = holes.size() == MOST_HOLES ? ", and perhaps more" : "";
            return (missing == 1 ? "1 segment is" : missing + " segments are") + " not in the archive: " + names + more;
        }
    }
}
