// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.settings.ServerStart;
import org.tidemark.restore.wal.StopFindings;

/**
 * A plan, and the catalog that it was made from. Immutable.
 *
 * @param backup the chosen one
 * @param facts what the target host says; empty if there is nothing to be written
 * @param start how the restored server is started
 * @param program how this program is called in what an operator copies
 * @param stop where the recovery ends; empty if there is no target, or the WAL around it could not be read
 * @param created the tablespaces that PostgreSQL will create where the original had them, as far as that can be told
 * @param isStarted whether the server is started and followed at once
 */
public record PreparedRestore(
        ClusterIdentity cluster,
        RestorePlan plan,
        Optional<BaseBackup> backup,
        Optional<TargetFacts> facts,
        ServerStart start,
        NextSteps.Program program,
        Optional<ReplayStop> stop,
        List<CreatedTablespace> created,
        boolean isStarted) {
    PreparedRestore(
            ClusterIdentity cluster, RestorePlan plan, Optional<BaseBackup> backup, Optional<TargetFacts> facts) {
        this(
                cluster,
                plan,
                backup,
                facts,
                ServerStart.PLAIN,
                NextSteps.Program.PLAIN,
                Optional.empty(),
                List.of(),
                false);
    }

    /** The same, with this program called as it has to be called. */
    public PreparedRestore calling(NextSteps.Program as) {
        return new PreparedRestore(cluster, plan, backup, facts, start, as, stop, created, isStarted);
    }

    /**
     * The same, whose first problem is that another incarnation of the cluster is what the target asks for.
     *
     * @param there the plan of the other incarnation
     */
    public PreparedRestore heldByIncarnation(SystemIdentifier other, RestorePlan.Chosen there) {
        BackupCandidate backup = there.backup();
        String held =
                "system " + other + ", whose backup " + backup.id() + " ended at " + UtcTime.seconds(backup.ended());
        List<PlanFinding> findings = new ArrayList<>();
        findings.add(
                there.problems().isEmpty()
                        ? PlanFinding.problem(
                                ExitCode.TARGET_UNREACHABLE,
                                PlanFinding.Topic.TARGET,
                                "the target is in another incarnation of cluster '" + cluster.cluster() + "': " + held,
                                "To restore that incarnation: add --backup " + backup.id())
                        : PlanFinding.problem(
                                ExitCode.TARGET_UNREACHABLE,
                                PlanFinding.Topic.TARGET,
                                "the target is not in system " + cluster.system()
                                        + ", and another incarnation of cluster '"
                                        + cluster.cluster() + "' does not reach it: " + held + "; there, "
                                        + there.problems().getFirst().message(),
                                "To see what that incarnation reaches: add --backup " + backup.id()));
        // The nearest possible target of this incarnation is not the target that was asked for.
        plan.findings().stream()
                .filter(each -> each.exitCode() != ExitCode.TARGET_UNREACHABLE)
                .forEach(findings::add);
        return new PreparedRestore(cluster, new RestorePlan.NothingFits(plan.request(), findings), backup(), facts);
    }

    /** The same, which says that there is another incarnation. */
    public PreparedRestore beside(SystemIdentifier other, BackupCandidate newest) {
        if (!(plan instanceof RestorePlan.Chosen chosen)) {
            return this;
        }
        return with(
                chosen,
                List.of(PlanFinding.note(
                        PlanFinding.Topic.TARGET,
                        "cluster '" + cluster.cluster() + "' has another incarnation, system " + other
                                + ", which is not considered: its newest backup is " + newest.id() + ", ended "
                                + UtcTime.seconds(newest.ended()) + "; to restore it, add --backup " + newest.id())));
    }

    /** The same, with what was found out about its chosen plan. */
    public PreparedRestore with(RestorePlan.Chosen chosen, List<PlanFinding> findings) {
        return new PreparedRestore(
                cluster, chosen.with(findings), backup, facts, start, program, stop, created, isStarted);
    }

    /** The same, if the restored server is started at once: it needs its configuration for that. */
    public PreparedRestore started() {
        PreparedRestore started =
                new PreparedRestore(cluster, plan, backup, facts, start, program, stop, created, true);
        return plan instanceof RestorePlan.Chosen chosen
                        && start.outside().filter(each -> !each.found()).isPresent()
                ? started.with(
                        chosen,
                        List.of(PlanFinding.problem(
                                ExitCode.RESTORE_REFUSED,
                                PlanFinding.Topic.OUTSIDE,
                                "PostgreSQL cannot be started: its configuration is neither written by this restore nor"
                                        + " found on this host",
                                "Restore without --start; the plan then says how to start it with a postgresql.conf of"
                                        + " yours. If the backup has the configuration, restore it too: add"
                                        + " --configuration beside")))
                : started;
    }

    /** The moment at which the tables can be read that are locked where the recovery pauses; empty if none is known. */
    public Optional<Lsn> look() {
        return plan instanceof RestorePlan.Chosen chosen
                ? stop.flatMap(each -> StopFindings.look(chosen, each))
                : Optional.empty();
    }

    /** The plan for people. */
    public String text() {
        return PlanText.of(this, PlanText.PLANNED);
    }

    /** The plan of a restore that is only tried: nobody goes on with it. */
    public String textOfTrial() {
        return PlanText.withoutSteps(this, PlanText.PLANNED);
    }

    /** The plan for people who see it carried out, unless it has a problem. */
    public String textOfStart() {
        return PlanText.of(this, plan.problems().isEmpty() ? PlanText.CARRIED_OUT : PlanText.PLANNED);
    }

    /** What an operator does once the files are in place, and the server was started if that is wanted. */
    public List<NextSteps.Step> steps(RestorePlan.Chosen chosen) {
        return NextSteps.of(chosen, start, program, isStarted);
    }

    /** The line for a shell that starts the restored server. */
    public String startCommand() {
        return start.command(plan.request().directory());
    }

    /** The program that starts it: a path, or a name that is looked for on the PATH. */
    public String pgCtl() {
        return start.pgCtl();
    }

    /** How to use the server that was started, as lines for a shell. */
    public String textOfAccess() {
        return "connect: psql " + start.listening().options() + " -d postgres\nstop:    "
                + start.stop(plan.request().directory());
    }

    /** The plan of a restore that has been done, for later readers. */
    public String textAfterwards() {
        return PlanText.of(this, PlanText.DONE);
    }
}
