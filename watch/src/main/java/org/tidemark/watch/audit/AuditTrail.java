// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.audit;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Attempt;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Elsewhere;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.core.Workers;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.watch.audit.Act.Kind;

/**
 * What was done to the content of the repositories of a cluster. It is made of what each act leaves in the repository
 * for reasons of its own: so no act can be done without it, and who may write in the repository may write here as well.
 * Immutable.
 *
 * @param acts the newest first
 */
public record AuditTrail(List<Act> acts, RepositoryReadings repositories) {
    /** Each run costs three requests, and most of the time is that of their answers. */
    private static final int MOST_AT_ONCE = 16;

    public AuditTrail {
        acts = List.copyOf(acts);
    }

    /**
     * Reads it in each repository of the session.
     *
     * @param since what was done before is left out
     * @param now tells a task that runs from one that was cut off
     */
    public static AuditTrail of(Session session, Instant since, Instant now) {
        List<Act> acts = new ArrayList<>();
        Map<RepositoryId, String> names = session.names();
        RepositoryReadings readings = RepositoryReadings.of(session, settings -> {
            List<Act> own = new ArrayList<>();
            Repository repository = session.repository(settings);
            for (ClusterArchive archive : session.incarnations(repository)) {
                own.addAll(new Reading(settings.name(), archive, names).acts(session.backups(archive), now));
            }
            acts.addAll(own);
        });
        return new AuditTrail(
                acts.stream()
                        .filter(act -> !act.at().isBefore(since))
                        // Until the next expiry, a deleted backup still has its marks.
                        .distinct()
                        .sorted(Comparator.comparing(Act::at).reversed())
                        .toList(),
                readings);
    }

    /** One incarnation in one repository. */
    private record Reading(String repository, ClusterArchive archive, Map<RepositoryId, String> names) {
        List<Act> acts(BackupCatalog backups, Instant now) throws IOException {
            List<Act> acts = new ArrayList<>();
            Set<BackupId> present = new HashSet<>();
            for (CatalogEntry each : backups.list()) {
                if (each instanceof Published published) {
                    present.add(published.backup().id());
                    acts.add(taken(published.backup()));
                }
            }
            for (Tombstone each : backups.removals()) {
                // The store may have refused to delete it, or somebody kept it in the last moment.
                if (present.contains(each.id())) {
                    continue;
                }
                acts.add(deleted(each));
                each.lastKeep().flatMap(mark -> marked(each.id().value(), mark)).ifPresent(acts::add);
            }
            List<DrillEvidence> drills = drills();
            drills.forEach(drill -> acts.add(held(drill)));
            BackupMarks marks = backups.marks();
            marks.byOwner()
                    .forEach((owner, own) -> own.stream()
                            .filter(mark -> !isOfADrill(mark, drills))
                            .forEach(mark -> marked(owner, mark).ifPresent(acts::add)));
            acts.addAll(timelines(marks));
            archive.wal().gaps().removed().forEach(each -> acts.add(deleted(each)));
            archive.wal().gaps().givenUp().forEach(each -> acts.add(dropped(each)));
            IncarnationKeys keys = archive.identity().keys();
            // The view of a repository has no rejected content in it, and only the last of several rejections.
            ObjectStore objects = archive.repository().objects();
            Listing.visit(objects, keys.repaired(), object -> {
                if (ObjectName.parse(keys, object.key()) instanceof ObjectName.Rejection rejection) {
                    rejected(objects, rejection).ifPresent(acts::add);
                }
            });
            acts.addAll(attempts(now));
            return acts;
        }

        private Act taken(BaseBackup backup) {
            return act(
                    backup.run().ended(),
                    Kind.BACKUP_TAKEN,
                    Optional.of(backup.run().host()),
                    backup.id().value(),
                    "");
        }

        private Act deleted(Tombstone tombstone) {
            return act(
                    tombstone.at(),
                    Kind.BACKUP_DELETED,
                    Optional.of(tombstone.host()),
                    tombstone.id().value(),
                    tombstone.why());
        }

        private Optional<Act> marked(String owner, Mark mark) {
            return switch (mark) {
                case Mark.Kept kept ->
                    Optional.of(act(kept.at(), Kind.BACKUP_KEPT, kept.host(), owner, conditions(kept)));
                case Mark.Released released ->
                    Optional.of(act(released.at(), Kind.BACKUP_RELEASED, released.host(), owner, ""));
                case Mark.Verified verified ->
                    verified.problems() == 0
                            ? Optional.empty()
                            : Optional.of(act(
                                    verified.at(),
                                    Kind.DAMAGE_FOUND,
                                    Optional.empty(),
                                    owner,
                                    Amounts.count(
                                            verified.problems(),
                                            "object is damaged or missing",
                                            "objects are damaged or missing")));
                case Mark.Proven proven ->
                    Optional.of(act(proven.at(), Kind.KEY_PROVEN, Optional.empty(), proven.recipient(), ""));
                case Mark.Restored restored ->
                    Optional.of(act(
                            restored.at(),
                            Kind.BACKUP_RESTORED,
                            Optional.of(restored.host()),
                            restored.backup().value(),
                            restored.end().map(Mark.Restored.End::toString).orElse("")));
                // These take nothing away, and say nothing about what is there.
                case Mark.Annotated _,
                        Mark.Begun _,
                        Mark.Challenged _,
                        Mark.Minimal _,
                        Mark.Searched _,
                        Mark.Unknown _ -> Optional.empty();
            };
        }

        /** Each once, also where a copy of a chain has it as well. */
        private List<DrillEvidence> drills() throws IOException {
            return new DrillChains(
                            archive.repository().store(), archive.identity().keys())
                    .read().stream()
                            .flatMap(chain -> chain.evidence().stream())
                            .map(DrillEvidence::alone)
                            .distinct()
                            .toList();
        }

        private Act held(DrillEvidence drill) {
            return act(
                    drill.ended(),
                    drill.isProven() ? Kind.DRILL_PASSED : Kind.DRILL_FAILED,
                    Optional.of(drill.host()),
                    drill.restored().map(restored -> restored.backup().value()).orElse("no backup"),
                    "to " + drill.target().text()
                            + drill.failure()
                                    .map(failure -> ": " + failure.name()
                                            + failure.fault()
                                                    .flatMap(Fault::of)
                                                    .map(fault -> ", " + fault.blame())
                                                    .orElse(""))
                                    .orElse("")
                            + (drill.repositories().isEmpty() ? "" : "; it could read from " + drill.readFrom()));
        }

        /** The restore of a drill is told by what the drill came to. */
        private static boolean isOfADrill(Mark mark, List<DrillEvidence> drills) {
            return mark instanceof Mark.Restored restored
                    && drills.stream()
                            .anyMatch(drill -> drill.host().equals(restored.host())
                                    && drill.restored()
                                            .filter(each -> each.backup().equals(restored.backup()))
                                            .isPresent()
                                    && !restored.at().isBefore(drill.begun())
                                    && !restored.at().isAfter(drill.ended()));
        }

        private List<Act> timelines(BackupMarks marks) throws IOException {
            Map<Timeline, Instant> begun = marks.begun(archive.wal().listing().historiesStored());
            List<Act> acts = new ArrayList<>();
            for (Map.Entry<Timeline, Instant> each : begun.entrySet()) {
                acts.add(act(
                        each.getValue(),
                        Kind.TIMELINE_BEGUN,
                        Optional.empty(),
                        "timeline " + each.getKey(),
                        parent(each.getKey())));
            }
            return acts;
        }

        private String parent(Timeline timeline) throws IOException {
            try {
                return archive.wal()
                        .history(timeline)
                        .filter(history -> !history.switches().isEmpty())
                        .map(history -> history.switches().getLast())
                        .map(from -> "a promotion or a restore left timeline " + from.parent() + " at " + from.at())
                        .orElse("");
            } catch (DamagedObjectException e) {
                return ""; // found by verify
            }
        }

        private static String conditions(Mark.Kept kept) {
            return kept.target()
                    + kept.until()
                            .map(until -> ", until " + UtcTime.seconds(until))
                            .orElse("")
                    + kept.note().map(note -> ": " + note).orElse("");
        }

        private Act deleted(RemovedWal wal) {
            return act(
                    wal.at(),
                    Kind.WAL_DELETED,
                    Optional.of(wal.host()),
                    range(wal.first(), wal.last()),
                    count(wal.first(), wal.last()));
        }

        private Act dropped(GivenUpWal wal) {
            return act(wal.at(), Kind.WAL_DROPPED, Optional.of(wal.host()), range(wal.first(), wal.last()), wal.why());
        }

        private static String range(Segment first, Segment last) {
            return first.equals(last) ? first.name() : first.name() + " to " + last.name();
        }

        private String count(Segment first, Segment last) {
            WalSegmentSize size = archive.identity().walSegmentSize();
            return Amounts.count(last.index(size) - first.index(size) + 1, "segment", "segments");
        }

        private Optional<Act> rejected(ObjectStore objects, ObjectName.Rejection rejection) throws IOException {
            ObjectKey key = rejection.key();
            RejectedContent content;
            try {
                content = RejectedContent.decode(ChecksummedJson.fetch(objects, key, ChecksummedJson.SMALL_BYTES), key);
            } catch (DamagedObjectException e) {
                return Optional.empty(); // found by verify
            }
            return Optional.of(act(
                    content.at(),
                    Kind.WAL_REJECTED,
                    Optional.of(content.host()),
                    rejection
                            .original()
                            .value()
                            .substring(rejection.incarnation().prefix().length()),
                    ""));
        }

        private List<Act> attempts(Instant now) throws IOException {
            ScheduledRuns runs = new ScheduledRuns(
                    archive.repository().store(), archive.identity().keys());
            Queue<Act> acts = new ConcurrentLinkedQueue<>();
            try (Workers workers = new Workers("reading the runs", MOST_AT_ONCE)) {
                for (RunKeys run : runs.all()) {
                    workers.submit(() -> runs.attempts(run)
                            .forEach(each -> attempt(run, each, now).ifPresent(acts::add)));
                }
                workers.await();
            }
            for (Elsewhere each : runs.elsewhere()) {
                acts.add(elsewhere(each));
            }
            return List.copyOf(acts);
        }

        private Act elsewhere(Elsewhere attempt) {
            RepositoryId there = attempt.repository();
            Outcome outcome = attempt.outcome();
            return act(
                    outcome.at(),
                    kind(outcome),
                    Optional.of(attempt.claimant().host()),
                    attempt.run().task() + " of "
                            + UtcTime.seconds(attempt.run().due()) + " in "
                            + Optional.ofNullable(names.get(there))
                                    .map(name -> "'" + name + "'")
                                    .orElse("the repository with the id " + there),
                    outcome.message());
        }

        private static Kind kind(Outcome outcome) {
            return outcome.isDone() ? Kind.TASK_DONE : Kind.TASK_FAILED;
        }

        private Optional<Act> attempt(RunKeys run, Attempt attempt, Instant now) {
            Optional<Outcome> outcome = attempt.outcome();
            if (outcome.isEmpty() && !attempt.isSilent(now)) {
                return Optional.empty();
            }
            return Optional.of(act(
                    outcome.map(Outcome::at).orElse(attempt.lastSign()),
                    outcome.map(Reading::kind).orElse(Kind.TASK_CUT_OFF),
                    attempt.claimant().map(Claimant::host),
                    run.task() + " of " + UtcTime.seconds(run.due()),
                    outcome.map(Reading::details).orElse("")));
        }

        /** A backup that some repositories did not get is done, and did not end well. */
        private static String details(Outcome outcome) {
            return outcome.message().isEmpty() && outcome.status() != ExitCode.DONE.status()
                    ? "exit status " + outcome.status()
                            + Arrays.stream(ExitCode.values())
                                    .filter(each -> each.status() == outcome.status())
                                    .findFirst()
                                    .map(each -> ": " + each.meaning())
                                    .orElse("")
                    : outcome.message();
        }

        private Act act(Instant at, Kind kind, Optional<String> host, String subject, String details) {
            return new Act(at, repository, archive.identity().system(), kind, host, subject, details);
        }
    }
}
