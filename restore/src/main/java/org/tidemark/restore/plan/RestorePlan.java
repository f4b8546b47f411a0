// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.ShellWord;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RecoveryPlan;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.settings.ConfigurationPlan;

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
     * A recovery, and where it is put.
     *
     * @param recovery the backup, and the WAL that leads from it to the target
     * @param directories the directories to be written, the data directory first
     * @param start what is in them; {@link StartFrom.Empty} until the preflight has looked
     * @param changes what becomes of what is in them, for {@link StartFrom.Differing}
     * @param settings what is written beside the settings of the role: raised ones, and those of this host that are
     *     kept
     * @param configuration the files that are written outside of the data directory
     * @param findings those of the recovery as well
     */
    record Chosen(
            RestoreRequest request,
            RecoveryPlan.Chosen recovery,
            List<TargetDirectory> directories,
            StartFrom start,
            Optional<DeltaChanges> changes,
            Map<String, String> settings,
            Optional<ConfigurationPlan> configuration,
            List<PlanFinding> findings)
            implements RestorePlan {
        public Chosen {
            directories = List.copyOf(directories);
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
            findings = List.copyOf(findings);
        }

        public BackupCandidate backup() {
            return recovery.backup();
        }

        /** Why this backup, for people. */
        public String reason() {
            return recovery.reason();
        }

        /** On which the recovery ends. */
        public Timeline timeline() {
            return recovery.timeline();
        }

        /** The timeline on which the restored server stays; empty for a standby, which follows its primary to any. */
        public Optional<Timeline> pinned() {
            return request.role() instanceof Role.Standby && request.timeline() instanceof TimelineChoice.Latest
                    ? Optional.empty()
                    : Optional.of(timeline());
        }

        /** What PostgreSQL will ask for, in order. */
        public RequiredWal wal() {
            return recovery.wal();
        }

        /** Where the recovery ends; empty if no restore point is the target, or the WAL was not read. */
        public Optional<RestorePoint> restorePoint() {
            return recovery.restorePoint();
        }

        /**
         * The directory of this plan that stands, by the choice of this restore, where a tablespace is: the replay of
         * its creation would write into that directory. The place of a tablespace of the backup that stays where it was
         * is no such place: its tablespace was dropped before the other one was created there. Nor is its own place.
         *
         * @param oid of the tablespace
         * @param isThere whether a path is that of the tablespace
         */
        public Optional<TargetDirectory> putInPlaceOf(long oid, Predicate<Path> isThere) {
            return directories.stream()
                    .filter(each -> isThere.test(each.path())
                            && !(each instanceof TargetDirectory.Tablespace tablespace
                                    && (!tablespace.moved()
                                            || tablespace.place().oid() == oid)))
                    .findFirst();
        }

        /** The same plan, and later findings. */
        public Chosen with(List<PlanFinding> more) {
            return withFindings(findings, more);
        }

        /** The same plan, with what its directories hold. */
        public Chosen from(StartFrom found) {
            return new Chosen(request, recovery, directories, found, changes, settings, configuration, findings);
        }

        /** The same plan, with what becomes of the files that are there. */
        Chosen changing(DeltaChanges found) {
            return new Chosen(
                    request, recovery, directories, start, Optional.of(found), settings, configuration, findings);
        }

        /** The same plan, with more settings. */
        public Chosen setting(Map<String, String> more) {
            Map<String, String> all = new LinkedHashMap<>(settings);
            all.putAll(more);
            return new Chosen(request, recovery, directories, start, changes, all, configuration, findings);
        }

        /** The same plan, with the server's configuration. */
        public Chosen configuring(ConfigurationPlan.Decision decision) {
            return new Chosen(request, recovery, directories, start, changes, settings, decision.plan(), findings)
                    .with(decision.findings());
        }

        /** The same plan, with these findings first. */
        public Chosen after(List<PlanFinding> first) {
            return withFindings(first, findings);
        }

        private Chosen withFindings(List<PlanFinding> first, List<PlanFinding> then) {
            List<PlanFinding> all = new ArrayList<>(first);
            all.addAll(then);
            return new Chosen(request, recovery, directories, start, changes, settings, configuration, all);
        }

        @Override
        public Reachability reachable() {
            // Only reading the WAL tells which transactions and restore points it holds.
            boolean perhaps = (request.target() instanceof RecoveryTarget.AtXid && !recovery.isEndKnown())
                    || (request.target() instanceof RecoveryTarget.AtRestorePoint
                            && restorePoint().isEmpty());
            for (PlanFinding finding : findings) {
                if (finding.topic() == PlanFinding.Topic.TARGET || finding.topic() == PlanFinding.Topic.WAL) {
                    // What a repository has that did not answer, nobody knows.
                    if (finding.isProblem() && !finding.isOfAStore()) {
                        return Reachability.NO;
                    }
                    perhaps |= finding.severity() != PlanFinding.Severity.NOTE;
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

        /** Where the link {@code pg_wal} leads. Nothing of the backup is in it but empty directories. */
        record WalDirectory(Path path) implements TargetDirectory {
            @Override
            public long sizeBytes() {
                return 0;
            }
        }

        /** The option of {@code recover} that puts it elsewhere. */
        default String option(Path elsewhere) {
            return switch (this) {
                case DataDirectory data -> "--to " + ShellWord.quote(elsewhere.toString());
                case Tablespace tablespace -> "--tablespace " + ShellWord.quote(tablespace.oid() + "=" + elsewhere);
                case WalDirectory wal -> "--wal-dir " + ShellWord.quote(elsewhere.toString());
            };
        }

        /** For messages. */
        default String title() {
            return switch (this) {
                case DataDirectory data -> "data directory";
                case Tablespace tablespace -> "tablespace " + tablespace.place().title();
                case WalDirectory wal -> "pg_wal";
            };
        }
    }
}
