// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.recoverability.LaterTimeline;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts;

/**
 * The server that a restored standby is to follow, as it answered over the protocol by which it will be followed.
 * Immutable.
 *
 * @param address for people
 * @param recovers whether it is a standby itself; empty if its role may not ask
 * @param history of its timeline; empty if that has no ancestors
 * @param tablespaces those outside of its data directory; none if its role may not ask
 * @param failure why it did not answer; without one there is an identity
 */
public record Primary(
        String address,
        Optional<SystemIdentity> identity,
        Optional<Boolean> recovers,
        Optional<TimelineHistory> history,
        List<CreatedTablespace> tablespaces,
        Optional<UserFacingException> failure) {
    public Primary {
        tablespaces = List.copyOf(tablespaces);
    }

    /** The states in which only a server is left, or a copy of it, that took writes. */
    private static final Set<ClusterState> WROTE = EnumSet.of(
            ClusterState.IN_PRODUCTION,
            ClusterState.SHUTTING_DOWN,
            ClusterState.SHUT_DOWN,
            ClusterState.IN_CRASH_RECOVERY);

    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Asks it. */
    public static Primary ask(ConnectionSettings settings) {
        try (ReplicationConnection connection = ReplicationConnection.open(settings)) {
            SystemIdentity identity = connection.identifySystem();
            return new Primary(
                    connection.walSender().address().toString(),
                    Optional.of(identity),
                    recovers(settings),
                    connection
                            .timelineHistory(identity.timeline())
                            .map(content -> TimelineHistory.parse(
                                    identity.timeline(), new String(content, StandardCharsets.ISO_8859_1))),
                    tablespaces(settings, identity.flushed()),
                    Optional.empty());
        } catch (UserFacingException e) {
            return new Primary(
                    settings.addresses().getFirst().toString(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Optional.of(e));
        }
    }

    /**
     * Whether a server is a standby; empty if it does not say: a role for replication need not be let into a database.
     */
    public static Optional<Boolean> recovers(ConnectionSettings settings) {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection.query(LIMIT, row -> row.getBoolean(1), "SELECT pg_is_in_recovery()").stream()
                    .findFirst();
        } catch (UserFacingException e) {
            return Optional.empty();
        }
    }

    /** @param now a position after their creation */
    private static List<CreatedTablespace> tablespaces(ConnectionSettings settings, Lsn now) {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection.query(
                    LIMIT,
                    row -> new CreatedTablespace(now, row.getLong(1), row.getString(2)),
                    "SELECT oid, pg_catalog.pg_tablespace_location(oid) FROM pg_catalog.pg_tablespace"
                            + " WHERE pg_catalog.pg_tablespace_location(oid) LIKE '/%'");
        } catch (UserFacingException e) {
            return List.of();
        }
    }

    /** The plan of a standby, with what its primary means for it. */
    public PreparedRestore seenFrom(PreparedRestore prepared) {
        return prepared.plan() instanceof RestorePlan.Chosen chosen
                ? prepared.with(
                        chosen,
                        identity.map(found -> findings(prepared, chosen, found)).orElseGet(this::unreached))
                : prepared;
    }

    private List<PlanFinding> unreached() {
        UserFacingException why = failure.orElseThrow();
        return List.of(PlanFinding.warning(
                Topic.SETTINGS,
                "the primary at " + address + " cannot be followed yet: " + why.getMessage(),
                why.hint() + " Until then the standby replays what is archived, and asks again every few seconds."));
    }

    private List<PlanFinding> findings(PreparedRestore prepared, RestorePlan.Chosen plan, SystemIdentity found) {
        if (!found.system().equals(prepared.cluster().system())) {
            return List.of(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.SETTINGS,
                    "the server at " + address + " has system identifier " + found.system() + ", and the backup has "
                            + prepared.cluster().system() + ": a standby of the one cannot follow the other",
                    "Name the primary of this cluster with --primary."));
        }
        List<PlanFinding> findings = new ArrayList<>();
        if (plan.timeline().compareTo(found.timeline()) > 0) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.SETTINGS,
                    "the archived WAL leads to timeline " + plan.timeline() + ", and the server at " + address
                            + " writes timeline " + found.timeline() + ": a standby on the one cannot follow the other",
                    "Is there a newer primary, which was promoted? Name it with --primary. If timeline "
                            + plan.timeline() + " is of no use any more: add --timeline " + found.timeline()));
        } else {
            findings.add(PlanFinding.note(
                    Topic.SETTINGS,
                    "the " + (recovers.orElse(false) ? "standby" : "primary") + " at " + address + " answers: timeline "
                            + found.timeline() + ", at " + found.flushed()));
        }
        beyond(plan, prepared.cluster().walSegmentSize(), found).ifPresent(findings::add);
        left(plan, prepared.cluster().walSegmentSize(), found).ifPresent(findings::add);
        tablespaces.stream().flatMap(each -> occupied(plan, each).stream()).forEach(findings::add);
        prepared.facts()
                .flatMap(TargetFacts::cluster)
                .filter(facts -> facts.system()
                        .filter(prepared.cluster().system()::equals)
                        .isPresent())
                .ifPresent(facts -> addRivals(plan, facts, found, findings));
        plan.pinned()
                .ifPresent(timeline -> findings.add(PlanFinding.warning(
                        Topic.SETTINGS,
                        "this standby stays on timeline " + timeline
                                + ": when another standby is promoted, it does not follow that",
                        "Without --timeline it follows.")));
        return findings;
    }

    /**
     * The standby streams the creation of a tablespace that the backup lacks, and nothing looks at that WAL: on the
     * primary's own host, both would write into its directory.
     */
    private Optional<PlanFinding> occupied(RestorePlan.Chosen plan, CreatedTablespace tablespace) {
        Optional<TargetDirectory> put = plan.putInPlaceOf(tablespace.oid(), tablespace.directory()::equals);
        if (put.isPresent()) {
            return Optional.of(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    "the server at " + address + " has tablespace " + tablespace.oid() + " in '"
                            + tablespace.location() + "', where this restore puts "
                            + put.get().title() + ": a standby would write both there",
                    "Put it elsewhere: " + put.get().option(Path.of("DIR"))));
        }
        if (plan.backup().tablespaces().stream().anyMatch(each -> each.oid() == tablespace.oid())
                || tablespace.isOf(plan.request().directory())) {
            return Optional.empty();
        }
        try {
            return tablespace
                    .occupied(plan.backup().postgresMajor())
                    .map(place -> PlanFinding.problem(
                            ExitCode.RESTORE_REFUSED,
                            Topic.WRITE,
                            "the server at " + address + " has tablespace " + tablespace.oid() + " in '"
                                    + tablespace.location() + "', which the backup lacks, and a standby would write"
                                    + " into '" + place + "', which is there already",
                            "Take a new backup, which has the tablespace, and try again; or make the standby on another"
                                    + " host."));
        } catch (IOException e) {
            return Optional.empty(); // where nothing can be read, PostgreSQL writes nothing
        }
    }

    /** A primary never has less than it has archived; a standby may, for a moment. */
    private Optional<PlanFinding> beyond(RestorePlan.Chosen plan, WalSegmentSize size, SystemIdentity found) {
        return plan.wal().runs().reversed().stream()
                .findFirst()
                .map(RequiredWal.Run::last)
                .filter(last -> !recovers.orElse(false)
                        && last.timeline().equals(found.timeline())
                        && last.end(size).compareTo(found.flushed()) > 0)
                .map(last -> PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        Topic.WAL,
                        "the archive ends with " + last.name() + ", and the server at " + address
                                + " has written no more than up to " + found.flushed()
                                + " of that timeline: it was set back, as by an older image, and a standby would"
                                + " replay WAL that it never wrote",
                        "If another server is the primary, name it with --primary. Otherwise take a new backup of"
                                + " this one."));
    }

    /**
     * A primary whose history is not archived yet: what the archive holds of the earlier timeline may go past the place
     * where its own began, and a standby replays all of it before it streams.
     */
    private Optional<PlanFinding> left(RestorePlan.Chosen plan, WalSegmentSize size, SystemIdentity found) {
        if (plan.timeline().compareTo(found.timeline()) >= 0 || history.isEmpty()) {
            return Optional.empty();
        }
        Optional<Lsn> end = new LaterTimeline(history.get(), plan.timeline()).left();
        Optional<WalFile.Segment> last =
                plan.wal().runs().reversed().stream().findFirst().map(RequiredWal.Run::last);
        if (end.isPresent()
                && last.filter(each -> each.end(size).compareTo(end.get()) > 0).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(PlanFinding.problem(
                ExitCode.RESTORE_REFUSED,
                Topic.WAL,
                "the archived WAL leads to timeline " + plan.timeline()
                        + last.map(each -> ", up to " + each.name()).orElse("") + ", and timeline " + found.timeline()
                        + " of the server at " + address
                        + end.map(each -> " began before the end of that, at " + each)
                                .orElse(" does not come from it")
                        + ": a standby would replay WAL that this server does not have",
                "Let that server archive to this repository first: tidemark setup primary. When the history of timeline "
                        + found.timeline() + " is archived, try again."));
    }

    /** A cluster that the restore goes over may be the primary, or be ahead of the server that was named as one. */
    private void addRivals(
            RestorePlan.Chosen plan, ClusterFacts facts, SystemIdentity found, List<PlanFinding> findings) {
        String name = "the data directory '" + plan.request().directory() + "'";
        facts.control()
                .map(Position::of)
                .filter(position -> position.isAheadOf(found))
                .ifPresent(position -> findings.add(PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        Topic.WRITE,
                        name + " holds WAL up to " + position.lsn() + " of timeline " + position.timeline()
                                + ", and the server at " + address + " has written up to " + found.flushed()
                                + " of timeline " + found.timeline() + ": the directory may be the real primary's",
                        "If another server is the primary, name it with --primary. Otherwise restore into a new"
                                + " directory; this one is not touched.")));
        facts.control()
                .filter(each -> WROTE.contains(each.state()) && each.timeline().equals(found.timeline()))
                .ifPresent(control -> findings.add(PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        Topic.WRITE,
                        name + " was written by a primary on timeline " + found.timeline()
                                + " (state in pg_control: '" + control.state() + "'), and the server at " + address
                                + " is on the same timeline: the directory may be its primary's",
                        "If the primary is lost, promote its standby first; then this directory can become a"
                                + " standby. If it is only a copy, restore into a new directory; this one is not"
                                + " touched.")));
    }

    /**
     * Up to where a cluster has certainly written.
     *
     * @param timeline on which that is
     */
    private record Position(Timeline timeline, Lsn lsn) {
        static Position of(ControlFile control) {
            Position checkpoint =
                    new Position(control.timeline(), control.checkpoint().location());
            Lsn replayed = control.recovery().minRecoveryPoint();
            return replayed.compareTo(checkpoint.lsn) > 0
                    ? new Position(new Timeline(control.recovery().minRecoveryTimeline()), replayed)
                    : checkpoint;
        }

        boolean isAheadOf(SystemIdentity primary) {
            int timelines = timeline.compareTo(primary.timeline());
            return timelines > 0 || (timelines == 0 && lsn.compareTo(primary.flushed()) > 0);
        }
    }
}
