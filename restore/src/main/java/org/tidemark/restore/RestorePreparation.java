// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.ConfigurationFile;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.image.BackupSources;
import org.tidemark.postgres.names.RelationNames;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.FoundTransaction;
import org.tidemark.recoverability.PassedTarget;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.SearchedWal;
import org.tidemark.recoverability.SkippedBackups;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.recoverability.TimelineSurvey;
import org.tidemark.restore.plan.DeltaChanges;
import org.tidemark.restore.plan.Preflight;
import org.tidemark.restore.plan.Renaming;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.plan.SortOrder;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.recovery.CopiedWal;
import org.tidemark.restore.recovery.RaisedSettings;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.recovery.ReplacedCluster;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.settings.ConfigurationPlan;
import org.tidemark.restore.settings.ExternalSettings;
import org.tidemark.restore.settings.ServerStart;
import org.tidemark.restore.settings.WritesOutside;
import org.tidemark.restore.target.DeltaSurvey;
import org.tidemark.restore.target.InodeCheck;
import org.tidemark.restore.target.RestoreContents;
import org.tidemark.restore.target.TargetInspector;
import org.tidemark.restore.target.TargetTree;
import org.tidemark.restore.target.UnarchivedWal;
import org.tidemark.restore.wal.ArchivedSegments;
import org.tidemark.restore.wal.Holding;
import org.tidemark.restore.wal.ReplayCheck;
import org.tidemark.restore.wal.ReplayedWal;
import org.tidemark.restore.wal.RestorePointSearch;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.restore.wal.SearchedRanges;
import org.tidemark.restore.wal.StopFindings;
import org.tidemark.restore.wal.StopSearch;
import org.tidemark.restore.wal.TargetSearch;
import org.tidemark.restore.wal.TransactionSearch;
import org.tidemark.restore.wal.WalFindings;
import org.tidemark.store.StorageException;

/**
 * All work before the first byte: reads the catalogs, makes the plan, and inspects the target host. Used by one thread.
 */
public final class RestorePreparation {
    /** A plan is made again for each of so many damaged segments that it meets. */
    private static final int MOST_DAMAGED = 64;

    private final List<Holding> holdings;
    private final Map<String, UserFacingException> silent;
    private final Optional<Path> dataDirectory;
    private final ArchivedSegments segments;
    private final RestorePointSearch search;
    private final TargetSearch targets;
    private final TransactionSearch transactions;
    private final Names names;
    private final Duration limit;
    private final KnownHost known;
    private final TargetInspector inspector;
    /** The segments of which no copy is good, as far as plans have met them; verify has noted others. */
    private final Set<Segment> damaged = new LinkedHashSet<>();

    /** Reads the names of relations out of a backup. */
    @FunctionalInterface
    public interface Names {
        Names NONE = (sources, id) -> RelationNames.NONE;

        /**
         * Reads those of one backup.
         *
         * @throws UserFacingException if it cannot be read
         */
        RelationNames read(BackupSources sources, BackupId id);
    }

    /** Makes something out of the repositories that answer. */
    public interface Planning<T> {
        /**
         * Plans.
         *
         * @param silent the repositories that did not answer, and why
         */
        T plan(List<Holding> holdings, Map<String, UserFacingException> silent) throws IOException;
    }

    /**
     * Plans, and plans again without a repository that ceases to answer while its WAL is listed.
     *
     * @param holdings at least one
     * @throws UserFacingException why the last one that was left did not answer
     */
    public static <T> T overThoseThatAnswer(
            List<Holding> holdings, Map<String, UserFacingException> silent, Planning<T> planning) throws IOException {
        List<Holding> answering = new ArrayList<>(holdings);
        Map<String, UserFacingException> failed = new LinkedHashMap<>(silent);
        while (true) {
            try {
                return planning.plan(List.copyOf(answering), Collections.unmodifiableMap(failed));
            } catch (ListingFailedException e) {
                answering.removeIf(each -> each.repository().equals(e.repository));
                failed.put(e.repository, e.why);
                if (answering.isEmpty()) {
                    throw e.why;
                }
            }
        }
    }

    /** The WAL of a repository could not be listed; everything else was read. */
    static final class ListingFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final String repository;
        private final UserFacingException why;

        ListingFailedException(String repository, UserFacingException why) {
            super(why.getMessage(), why);
            this.repository = repository;
            this.why = why;
        }
    }

    /** No copy of a segment that is replayed can be read. */
    private static final class DamagedWalException extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient Segment segment;

        DamagedWalException(Segment segment) {
            super("'" + segment.name() + "' is damaged in every copy");
            this.segment = segment;
        }
    }

    /**
     * A restore out of everything that these repositories hold.
     *
     * @param holdings of one incarnation, in the order in which the repositories are asked; at least one
     * @param silent the repositories that did not answer, and why
     */
    public RestorePreparation(List<Holding> holdings, Map<String, UserFacingException> silent) {
        this(holdings, silent, Optional.empty(), SearchProgress.NONE);
    }

    /** The same for a host of which nothing else is known. */
    RestorePreparation(
            List<Holding> holdings,
            Map<String, UserFacingException> silent,
            Optional<Path> dataDirectory,
            SearchProgress progress) {
        this(holdings, silent, dataDirectory, KnownHost.UNKNOWN, Names.NONE, progress, ReplayedWal.LIMIT);
    }

    /**
     * The same, with what else is known.
     *
     * @param dataDirectory the cluster's, if it is configured: its own postgresql.conf is known by it
     * @param known of this host; servers that run are found
     * @param names of the relations that a plan says something of
     * @param progress of the search for a restore point or a transaction
     * @param limit how long a plan without a problem may look at the WAL that is replayed
     */
    public RestorePreparation(
            List<Holding> holdings,
            Map<String, UserFacingException> silent,
            Optional<Path> dataDirectory,
            KnownHost known,
            Names names,
            SearchProgress progress,
            Duration limit) {
        this.holdings = List.copyOf(holdings);
        this.silent = Map.copyOf(silent);
        this.dataDirectory = dataDirectory;
        this.inspector = new TargetInspector(dataDirectory.stream().toList(), known.places());
        this.known = known;
        WalSegmentSize size = holdings.getFirst().archive().identity().walSegmentSize();
        this.segments = new ArchivedSegments(holdings);
        this.search = new RestorePointSearch(segments, size, progress);
        this.targets = new TargetSearch(segments, size);
        this.transactions = new TransactionSearch(segments, size, progress);
        this.names = names;
        this.limit = limit;
    }

    /**
     * The plan with all its problems; nothing is written. Unless the operator named it, a backup that this host cannot
     * read is passed over for the next best one.
     *
     * @throws UserFacingException why the best backup cannot be read, if none can stand in for it
     * @throws IOException if a repository does not answer any more; see {@link #overThoseThatAnswer}
     */
    public PreparedRestore prepare(RestoreRequest asked) throws IOException {
        RestoreRequest followed = asked.in(TargetTree.followed(asked.directory()));
        RestoreRequest request = followed.occupied().isPresent()
                ? followed.whereLinksLead(TargetInspector.absoluteLinks(followed.directory()))
                : followed;
        CatalogSnapshot catalog = catalog(request);
        SkippedBackups passedOver = SkippedBackups.NONE;
        Optional<UserFacingException> first = Optional.empty();
        RestorePlan plan = intact(request, catalog, passedOver);
        while (plan instanceof Chosen chosen) {
            try {
                return followed(prepare(chosen, catalog), asked.directory());
            } catch (DamagedWalException e) {
                leaveOut(e.segment);
                plan = intact(request, catalog, passedOver);
            } catch (IOException | UserFacingException e) {
                UserFacingException why = explained(e);
                if (request.backupId().isPresent() || !SkippedBackups.allows(why)) {
                    throw e;
                }
                first = first.or(() -> Optional.of(why));
                passedOver = passedOver.and(chosen.recovery(), why);
                plan = intact(request, catalog, passedOver);
            }
        }
        if (first.isPresent()) {
            throw first.get();
        }
        return new PreparedRestore(identity(), plan, Optional.empty(), Optional.empty());
    }

    /** Says so where the operator named a link: all paths of the plan are where it leads. */
    private static PreparedRestore followed(PreparedRestore prepared, Path named) {
        return prepared.plan() instanceof Chosen chosen
                        && !chosen.request().directory().equals(named.normalize())
                ? prepared.with(
                        chosen,
                        List.of(PlanFinding.note(
                                PlanFinding.Topic.WRITE,
                                "'" + named + "' is a link, which stays; what is written is where it leads")))
                : prepared;
    }

    /** Plans again without each damaged segment that a search meets. */
    private RestorePlan intact(RestoreRequest request, CatalogSnapshot catalog, SkippedBackups passedOver)
            throws IOException {
        while (true) {
            try {
                return searched(request, catalog, passedOver);
            } catch (DamagedWalException e) {
                leaveOut(e.segment);
            }
        }
    }

    /** @throws UserFacingException DAMAGED if so much is damaged that no plan is made any more */
    private void leaveOut(Segment segment) {
        if (damaged.size() == MOST_DAMAGED) {
            throw new UserFacingException(
                    ExitCode.DAMAGED,
                    "more than " + MOST_DAMAGED + " segments of the WAL are damaged, the last of them "
                            + segment.name(),
                    "Find all of them with: tidemark wal-verify --all. A plan leaves out what that has found.");
        }
        damaged.add(segment);
    }

    /** Where a restore point is the target, and the operator named no backup, the WAL is read to find the best one. */
    private RestorePlan searched(RestoreRequest request, CatalogSnapshot catalog, SkippedBackups passedOver)
            throws IOException {
        RestorePlan plan = planned(request, catalog, passedOver, Optional.empty());
        if (plan instanceof Chosen chosen) {
            if (request.target() instanceof RecoveryTarget.AtXid xid) {
                return searched(chosen, xid, catalog, passedOver);
            }
            Optional<PassedTarget> passed = passed(chosen);
            if (passed.isPresent()) {
                return planned(request, catalog, passedOver, passed);
            }
        }
        return request.target() instanceof RecoveryTarget.AtRestorePoint target
                        && isSearched(request)
                        && plan instanceof Chosen oldest
                ? searched(oldest, target, catalog, passedOver)
                : plan;
    }

    private RestorePlan searched(
            Chosen oldest, RecoveryTarget.AtRestorePoint target, CatalogSnapshot catalog, SkippedBackups passedOver)
            throws IOException {
        RestoreRequest request = oldest.request();
        List<BackupCandidate> backups = request.backupId().isPresent()
                ? List.of(oldest.backup())
                : new TimelineSurvey(catalog).onPath(oldest.timeline(), catalog.backups());
        try {
            return search.newest(
                    target,
                    oldest,
                    first(backups, oldest, catalog, passedOver),
                    backups,
                    catalog.timelines().stream()
                            .filter(each -> !each.equals(oldest.timeline()))
                            .toList(),
                    request.backupId().isPresent(),
                    points -> planned(request, catalog, passedOver, Optional.of(points)));
        } catch (ListingFailedException e) {
            throw e;
        } catch (IOException | UserFacingException e) {
            requireNoNewDamage(segments.damaged(e));
            return RestorePointSearch.unread(target, oldest, StorageErrors.explainUnlessInterrupted(e));
        }
    }

    /** The plan from the first of these backups from which there is one. */
    private Chosen first(
            List<BackupCandidate> backups, Chosen oldest, CatalogSnapshot catalog, SkippedBackups passedOver)
            throws IOException {
        List<BackupCandidate> before = backups.stream()
                .filter(each -> each.startLsn().isBefore(oldest.backup().startLsn()))
                .sorted(Comparator.comparing(BackupCandidate::startLsn))
                .toList();
        for (BackupCandidate each : before) {
            RestoreRequest request = oldest.request().withBackup(each.id());
            if (planned(request, catalog, passedOver, Optional.empty()) instanceof Chosen chosen
                    && chosen.timeline().equals(oldest.timeline())) {
                return chosen;
            }
        }
        return oldest;
    }

    private RestorePlan searched(
            Chosen plan, RecoveryTarget.AtXid target, CatalogSnapshot catalog, SkippedBackups passedOver)
            throws IOException {
        FoundTransaction found;
        try {
            found = transactions.found(plan, target);
        } catch (IOException | UserFacingException e) {
            requireNoNewDamage(segments.damaged(e));
            return TransactionSearch.unread(target, plan, StorageErrors.explainUnlessInterrupted(e));
        }
        return planned(plan.request(), catalog, passedOver, Optional.of(found));
    }

    /** With 'current', each backup has a path of its own. */
    private static boolean isSearched(RestoreRequest request) {
        return request.backupId().isPresent() || !(request.timeline() instanceof TimelineChoice.Current);
    }

    private RestorePlan planned(
            RestoreRequest request,
            CatalogSnapshot catalog,
            SkippedBackups passedOver,
            Optional<? extends SearchedWal> searched)
            throws IOException {
        return new RestorePlanner().plan(request, catalog, passedOver, searched, this::wal);
    }

    /** Empty if WAL cannot be read: that is said elsewhere. */
    private Optional<PassedTarget> passed(Chosen plan) throws DamagedWalException {
        try {
            return switch (plan.request().target()) {
                case RecoveryTarget.AtTime time -> targets.passed(plan, time);
                case RecoveryTarget.AtLsn position -> targets.passed(plan, position);
                case RecoveryTarget.AtXid _,
                        RecoveryTarget.AtRestorePoint _,
                        RecoveryTarget.Latest _,
                        RecoveryTarget.Immediate _ -> Optional.empty();
            };
        } catch (IOException | UserFacingException e) {
            requireNoNewDamage(segments.damaged(e));
            return Optional.empty();
        }
    }

    /**
     * Has the plan made again.
     *
     * @param met empty if no damage was met
     */
    private void requireNoNewDamage(Optional<Segment> met) throws DamagedWalException {
        Optional<Segment> found = met.filter(each -> !damaged.contains(each));
        if (found.isPresent()) {
            throw new DamagedWalException(found.get());
        }
    }

    private PreparedRestore prepare(Chosen chosen, CatalogSnapshot catalog) throws IOException {
        BackupSources sources = sources(chosen.backup());
        BackupId id = new BackupId(chosen.backup().id());
        BaseBackup backup = sources.read(each -> each.read(id));
        Map<String, String> settings = ExternalSettings.read(sources, backup);
        TargetFacts facts = inspector.inspect(chosen);
        ServerStart here = ServerStart.find(
                Path.of("/"),
                chosen.backup().postgresMajor(),
                settings,
                new ServerStart.Directories(chosen.request().directory(), dataDirectory));
        Optional<ConfigurationPlan.Decision> configuration = configuration(chosen.request(), sources, backup, here);
        ServerStart start = configuration
                .flatMap(ConfigurationPlan.Decision::plan)
                .map(plan -> ServerStart.with(
                        plan,
                        chosen.request().directory(),
                        Path.of("/"),
                        chosen.backup().postgresMajor(),
                        settings))
                .orElse(here)
                .besides(known.ports());
        Map<String, String> kept =
                ReplacedCluster.archiving(chosen.request(), identity().system(), facts, start.configured(settings));
        Map<String, String> overridden = WritesOutside.overridden(
                settings,
                start,
                chosen.backup().postgresMajor(),
                chosen.request().directory(),
                isInPlace(chosen.request(), facts));
        WalFindings wal = new WalFindings(holdings, damaged);
        Chosen checked = Preflight.check(
                chosen.with(wal.whyMissing(chosen))
                        .with(wal.damagedEnd(chosen).stream().toList())
                        .with(wal.conflicts(chosen)),
                identity().system(),
                facts);
        ReplayCheck replay = replay(checked, catalog);
        StopSearch.Look stop = new StopSearch(segments, identity().walSegmentSize())
                .look(checked, replay.wal().facts().end(), ReplayedWal.LIMIT);
        // As for the recovery, a segment that is damaged everywhere is as one that is missing; one such is enough.
        requireNoNewDamage(replay.wal()
                .damaged()
                .or(stop::damaged)
                .filter(_ -> checked.problems().stream().noneMatch(each -> each.topic() == PlanFinding.Topic.WAL))
                .filter(met ->
                        checked.wal().inOrder(identity().walSegmentSize()).anyMatch(met::equals)));
        requireConsistent(checked, stop);
        RaisedSettings raised = RaisedSettings.of(
                Stream.concat(
                                replay.replayedStarts(),
                                dataDirectory
                                        .flatMap(each -> RaisedSettings.ofOriginal(
                                                each, identity().system()))
                                        .stream())
                        .toList(),
                start.configured(settings));
        return new PreparedRestore(
                identity(),
                overCluster(checked, sources, backup, facts, catalog)
                        .with(InodeCheck.of(
                                checked,
                                facts,
                                () -> sources.read(each ->
                                        RestoreContents.read(each, backup, TargetTree.of(chosen.directories())))))
                        .with(replay.findings())
                        .with(stopFindings(replay, stop, sources, id))
                        .with(copiedWal(chosen, facts))
                        .setting(overridden)
                        .with(WritesOutside.notes(overridden))
                        .setting(raised.values())
                        .with(raised.notes())
                        .setting(kept)
                        .with(ReplacedCluster.notes(kept, chosen.request().directory()))
                        .with(sortOrder(chosen, backup))
                        .configuring(configuration.orElse(new ConfigurationPlan.Decision(Optional.empty(), List.of())))
                        .with(RecoverySettings.notes(chosen, settings, start.configured(settings)))
                        .with(ExternalSettings.of(
                                settings,
                                start,
                                configuration.flatMap(ConfigurationPlan.Decision::plan),
                                overridden.keySet(),
                                chosen.request().directory())),
                Optional.of(backup),
                Optional.of(facts),
                start,
                NextSteps.Program.PLAIN,
                stop.stop(),
                replay.created(),
                false);
    }

    /**
     * A transaction within the backup may have ended later than the target, by the clock of the server: the clocks of a
     * standby and of its primary differ. PostgreSQL fails there, after everything was copied.
     */
    private static void requireConsistent(Chosen plan, StopSearch.Look look) {
        if (plan.request().target() instanceof RecoveryTarget.AtTime) {
            look.stop()
                    .map(ReplayStop::at)
                    .filter(at -> at.isBefore(plan.backup().stopLsn())
                            && !at.isBefore(plan.backup().startLsn()))
                    .ifPresent(at -> {
                        throw new UserFacingException(
                                ExitCode.TARGET_UNREACHABLE,
                                "a recovery from backup " + plan.backup().id() + " would end at " + at
                                        + ", before the end of the backup: a transaction there ended later than the"
                                        + " target, by the clock of its server",
                                "Name an earlier backup with --backup, or a later target.");
                    });
        }
    }

    private List<PlanFinding> stopFindings(
            ReplayCheck replay, StopSearch.Look look, BackupSources sources, BackupId id) {
        List<PlanFinding> findings = new ArrayList<>();
        look.stop()
                .filter(_ -> replay.isEndByTimesAlone())
                .map(stop -> PlanFinding.note(
                        PlanFinding.Topic.TARGET,
                        "where it stops was found by the times of transactions, without reading all WAL before: if a"
                                + " clock was ahead there, PostgreSQL stops earlier. It stops at this position in any"
                                + " case with --target-lsn " + stop.at() + " --exclusive"))
                .ifPresent(findings::add);
        look.stop()
                .map(stop -> new StopFindings(
                                replay.plan(),
                                stop,
                                StopFindings.needsNames(stop) ? names(sources, id) : RelationNames.NONE)
                        .all())
                .ifPresent(findings::addAll);
        look.why()
                .map(why -> PlanFinding.warning(
                        PlanFinding.Topic.STATE,
                        "which transactions are kept, and which tables are locked at the target, is not known: "
                                + why.getMessage(),
                        why.hint()))
                .ifPresent(findings::add);
        return findings;
    }

    /** Without names, relations are told by their OIDs. */
    private RelationNames names(BackupSources sources, BackupId id) {
        try {
            return names.read(sources, id);
        } catch (UserFacingException e) {
            StorageErrors.explainUnlessInterrupted(e);
            return RelationNames.NONE;
        }
    }

    /** Whether the restored server takes the place of its original on this host. */
    private boolean isInPlace(RestoreRequest request, TargetFacts facts) {
        boolean isOver = request.occupied().isPresent()
                && facts.cluster()
                        .flatMap(TargetFacts.ClusterFacts::system)
                        .filter(identity().system()::equals)
                        .isPresent();
        return isOver
                || dataDirectory
                        .filter(own -> ServerStart.isSame(own, request.directory()))
                        .isPresent();
    }

    private ReplayCheck replay(Chosen plan, CatalogSnapshot catalog) {
        ReplayedWal replayed = ReplayedWal.look(
                plan.wal(),
                plan.backup().startLsn(),
                plan.request().target(),
                segments,
                new SearchedRanges(holdings),
                identity().walSegmentSize(),
                plan.problems().isEmpty() ? limit : ReplayedWal.LIMIT);
        return new ReplayCheck(
                plan,
                replayed,
                ReplayCheck.places(
                        plan, replayed, new TimelineSurvey(catalog).onPath(plan.timeline(), catalog.backups())));
    }

    private List<PlanFinding> copiedWal(Chosen chosen, TargetFacts facts) throws IOException {
        return chosen.request().wal() == RestoreRequest.Wal.COPY
                ? CopiedWal.beside(chosen.request().directory())
                        .findings(chosen, identity().walSegmentSize(), facts)
                : List.of();
    }

    private static List<PlanFinding> sortOrder(Chosen chosen, BaseBackup backup) {
        return backup.origin().glibc().isEmpty()
                ? List.of()
                : SortOrder.difference(chosen.request().role(), backup.origin(), SortOrder.glibcOfThisHost()).stream()
                        .toList();
    }

    /** Empty if the backup has none, and none was asked for. */
    private static Optional<ConfigurationPlan.Decision> configuration(
            RestoreRequest request, BackupSources sources, BaseBackup backup, ServerStart here) {
        return backup.objects()
                .configuration()
                .map(stored -> ConfigurationPlan.decide(request, stored, read(request, sources, backup), here))
                .or(() -> ConfigurationPlan.decideWithout(request, backup.id(), here));
    }

    /** Nothing if no repository can give it: the files of the cluster are worth more. */
    private static List<ConfigurationFile> read(RestoreRequest request, BackupSources sources, BaseBackup backup) {
        if (request.configuration() == RestoreRequest.ConfigurationChoice.NONE) {
            return List.of();
        }
        try {
            return sources.read(catalog -> catalog.configuration(backup));
        } catch (DamagedObjectException | StorageException e) {
            return List.of();
        } catch (IOException e) {
            throw StorageErrors.explain(e);
        }
    }

    /** The plan with what becomes of the files that are there, unless it has a problem already. */
    private Chosen overCluster(
            Chosen plan, BackupSources sources, BaseBackup backup, TargetFacts facts, CatalogSnapshot catalog)
            throws IOException {
        if (!plan.problems().isEmpty()) {
            return plan;
        }
        WalSegmentSize size = identity().walSegmentSize();
        UnarchivedWal unarchived = new UnarchivedWal(identity().system(), size, new ArchivedFiles(holdings));
        List<Path> lost;
        Chosen over;
        switch (plan.start()) {
            case StartFrom.Differing _ -> {
                over = goingOver(plan, sources, backup, facts, unarchived);
                lost = over.changes().map(DeltaChanges::wal).orElse(List.of());
            }
            case StartFrom.Aside aside
            when facts.cluster()
                    .flatMap(TargetFacts.ClusterFacts::system)
                    .filter(identity().system()::equals)
                    .isPresent() -> {
                lost = unarchived.in(aside.data().from().resolve("pg_wal"));
                over = plan.with(aside.findings(lost));
            }
            case StartFrom.Empty _, StartFrom.Resumed _, StartFrom.Existing _, StartFrom.Aside _ -> {
                return plan;
            }
        }
        return over.with(UnarchivedWal.lost(lost, segment -> catalog.leaves(plan.timeline(), segment), size));
    }

    private static Chosen goingOver(
            Chosen plan, BackupSources sources, BaseBackup backup, TargetFacts facts, UnarchivedWal unarchived)
            throws IOException {
        TargetTree tree = TargetTree.over(plan.directories());
        RestoreContents contents = sources.read(catalog -> RestoreContents.read(catalog, backup, tree));
        return Preflight.check(
                plan, DeltaSurvey.of(tree, contents, backup, Renaming.aside(tree.root()), unarchived), facts);
    }

    private static UserFacingException explained(Exception failure) {
        return failure instanceof IOException read ? StorageErrors.explain(read) : (UserFacingException) failure;
    }

    /** The plan alone: neither the target host nor the backup is looked at. Throws what {@link #prepare} throws. */
    public RestorePlan plan(RestoreRequest request) throws IOException {
        return planned(request, catalog(request), SkippedBackups.NONE, Optional.empty());
    }

    /** What all repositories hold together, from a position on. */
    private ArchivedWal wal(long from, Set<TimelinePath> paths) throws IOException {
        List<ArchivedWal> parts = new ArrayList<>();
        for (Holding each : holdings) {
            try {
                parts.add(each.wal().since(from, paths));
            } catch (IOException | UserFacingException e) {
                throw failed(each, e);
            }
        }
        return ArchivedWal.union(identity().walSegmentSize(), parts).without(damaged);
    }

    /** A repository that does not answer is left out of the next plan; an interruption ends this one. */
    static IOException failed(Holding holding, Exception failure) throws IOException {
        UserFacingException why = explained(failure);
        if (why.exitCode() == ExitCode.INTERRUPTED || Thread.currentThread().isInterrupted()) {
            if (failure instanceof IOException e) {
                throw e;
            }
            throw why;
        }
        return new ListingFailedException(holding.repository(), why);
    }

    /** The one that ended last; empty if there is none. */
    public Optional<BackupCandidate> newestBackup() {
        return holdings.stream()
                .flatMap(each -> each.catalog().backups().stream())
                .max(Comparator.comparing(BackupCandidate::ended));
    }

    private CatalogSnapshot catalog(RestoreRequest request) {
        return CatalogSnapshot.union(
                        identity().walSegmentSize(),
                        holdings.stream().map(Holding::catalog).toList())
                .withRemarks(leftOut(request));
    }

    /** Every repository that holds a backup, in the order in which they are asked. */
    public BackupSources sources(BackupCandidate backup) {
        return new BackupSources(holdings.stream()
                .filter(each -> backup.repositories().contains(each.repository()))
                .map(each -> new BackupSources.Source(each.repository(), each.backups()))
                .toList());
    }

    /** What is read, in the order in which it is asked. */
    public List<Holding> holdings() {
        return holdings;
    }

    /** Every timeline of which anything is stored. */
    public NavigableSet<Timeline> timelines() {
        return CatalogSnapshot.union(
                        identity().walSegmentSize(),
                        holdings.stream().map(Holding::catalog).toList())
                .timelines();
    }

    /** Whether a repository holds a file of WAL with the content of this one. */
    public boolean holds(WalFile wal, Path file) throws IOException {
        return new ArchivedFiles(holdings).holds(wal, file);
    }

    private ClusterIdentity identity() {
        return holdings.getFirst().archive().identity();
    }

    /** What is newest, nobody can say without the repositories that did not answer. */
    private List<PlanFinding> leftOut(RestoreRequest request) {
        // What is newest a standby gets from its primary.
        boolean decides = !(request.role() instanceof Role.Standby)
                && !(request.target() instanceof RecoveryTarget.Immediate)
                && (request.timeline() instanceof TimelineChoice.Latest
                        || request.target() instanceof RecoveryTarget.Latest);
        String others = String.join(
                " ",
                holdings.stream()
                        .map(each -> "--repository " + each.repository())
                        .toList());
        List<PlanFinding> findings = new ArrayList<>();
        silent.forEach((name, why) -> {
            String message = "repository '" + name + "' did not answer, and may hold "
                    + (request.target() instanceof RecoveryTarget.Latest
                            ? "newer WAL or a newer timeline"
                            : "a newer timeline")
                    + ": " + why.getMessage();
            findings.add(
                    decides
                            ? PlanFinding.problem(
                                    why.exitCode(),
                                    PlanFinding.Topic.TARGET,
                                    message,
                                    "If it is lost, restore without it: add " + others)
                            : PlanFinding.warning(PlanFinding.Topic.BACKUP, message, why.hint()));
        });
        return findings;
    }
}
