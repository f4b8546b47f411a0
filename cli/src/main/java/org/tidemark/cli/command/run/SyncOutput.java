// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.sync.QueueForgetting.Plan;
import org.tidemark.operations.sync.SyncObserver;
import org.tidemark.replicate.SyncReport;
import org.tidemark.replicate.SyncReport.SyncProblem;

/** What sync prints: lines as they come, or one document at the end. */
public final class SyncOutput implements SyncObserver {
    private final Output output;
    private final boolean plan;
    private final List<Delivery> deliveries = new ArrayList<>();
    private final List<Copy> copies = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();

    private record View(
            boolean dryRun, List<Delivery> delivered, List<Copy> copied, List<Refusal> refused, List<Failure> failed) {}

    /** The document of {@code sync --forget}. */
    private record ForgottenView(boolean dryRun, Delivery forgotten) {}

    private record Delivery(String repository, long objects, long bytes) {}

    private record Copy(
            String from,
            String to,
            long objects,
            long bytes,
            long compared,
            long problemCount,
            List<String> backups,
            List<SyncProblem> problems,
            long repaired,
            long notCopiedCount,
            List<String> notCopied) {
        static Copy of(String from, String to, SyncReport report) {
            return new Copy(
                    from,
                    to,
                    report.objects(),
                    report.bytes(),
                    report.compared(),
                    report.problemCount(),
                    report.backups(),
                    report.problems(),
                    report.repaired(),
                    report.notCopiedCount(),
                    report.notCopied());
        }
    }

    private record Refusal(String repository, String name, String problem) {}

    private record Failure(String what, String message) {}

    /** @param plan whether nothing is copied */
    public SyncOutput(Output output, boolean plan) {
        this.output = output;
        this.plan = plan;
    }

    @Override
    public void delivered(String repository, DeliveryReport delivered) {
        for (RefusedObject removed : delivered.removed()) {
            output.warn(removed.noLongerQueued(repository), RefusedObject.SEE_POLICIES);
        }
        if (delivered.objects() == 0) {
            return;
        }
        output.count(plan ? 0 : delivered.bytes());
        deliveries.add(new Delivery(repository, delivered.objects(), delivered.bytes()));
        // A plan does not know the size of files that are queued by name, nor whether another repository has them
        // still.
        line(repository + ": " + (plan ? "up to " : "") + Amounts.count(delivered.objects(), "object", "objects")
                + (delivered.bytes() == 0 ? "" : " (" + Amounts.size(delivered.bytes()) + ")") + " that "
                + (delivered.objects() == 1 ? "was" : "were") + " queued for it"
                + (plan ? " would be delivered" : " delivered"));
    }

    @Override
    public void refused(String repository, RefusedObject refused) {
        refusals.add(new Refusal(repository, refused.keyName(), refused.problem()));
        line("REFUSED  " + refused.keyName() + ", queued for " + repository + ": " + refused.problem());
    }

    @Override
    public void copied(String from, String to, SyncReport report) {
        output.count(plan ? 0 : report.bytes());
        copies.add(Copy.of(from, to, report));
        for (SyncProblem problem : report.problems()) {
            line(problem.kind() + "  " + problem.subject() + ": " + problem.text());
        }
        if (report.problemCount() > report.problems().size()) {
            line("and " + (report.problemCount() - report.problems().size()) + " more problems");
        }
        if (report.notCopiedCount() > 0) {
            long more = report.notCopiedCount() - 1;
            output.warn(
                    from + " -> " + to + ": this version of tidemark does not know and did not copy '"
                            + report.notCopied().getFirst() + "'" + (more == 0 ? "" : " and " + more + " more"),
                    "If a newer version of tidemark stored it, run sync with that version.");
        }
        String what = report.objects() == 0
                ? "nothing to copy"
                : Amounts.count(report.objects(), "object", "objects") + ", " + Amounts.size(report.bytes())
                        + (plan ? " would be copied" : " copied")
                        + (report.backups().isEmpty()
                                ? ""
                                : ", among them "
                                        + Amounts.count(report.backups().size(), "backup", "backups"));
        String repaired = report.repaired() == 0
                ? ""
                : "; " + Amounts.count(report.repaired(), "damaged object", "damaged objects") + " in " + to
                        + (plan ? " would be repaired" : " repaired");
        line(from + " -> " + to + ": " + what + repaired
                + (report.compared() == 0 ? "" : "; " + report.compared() + " that both hold were compared"));
    }

    /** Each repository has its own backups; check reports gaps. */
    @Override
    public void leftAlone(String one, String other) {
        output.say("'" + one + "' and '" + other + "' have different encrypt-to: nothing is copied between them unless"
                + " both are named, as in: " + CopyableCommand.of("sync", one, other));
    }

    @Override
    public void otherKeys(String from, String to) {
        output.warn(
                "what is copied from '" + from + "' is encrypted to its keys, not to those of '" + to + "'",
                "To restore it from '" + to + "', name the private keys of '" + from + "' as well, by decrypt-with.");
    }

    @Override
    public void abandoned(String nameOrId, int objects) {
        failures.add(new Failure(
                nameOrId, objects + " objects are queued for a repository that is not one of the cluster's"));
        output.warn(
                Amounts.count(objects, "object is", "objects are") + " queued for '" + nameOrId
                        + "', which is not in repositories of the cluster",
                "To deliver its queue, add it and run: tidemark sync --quick. To discard the queue, run: "
                        + CopyableCommand.of("sync", "--forget", nameOrId));
    }

    @Override
    public void failed(String what, UserFacingException problem) {
        failures.add(new Failure(what, problem.getMessage()));
        output.warn(what + ": " + problem.getMessage(), problem.hint());
    }

    /** The only thing that such a sync prints. */
    void forgotten(Plan forgotten) {
        if (output.isJson()) {
            output.json(new ForgottenView(
                    plan, new Delivery(forgotten.repository(), forgotten.objects(), forgotten.bytes())));
            return;
        }
        output.line(
                forgotten.objects() == 0
                        ? "nothing is queued for '" + forgotten.repository() + "'"
                        : Amounts.count(forgotten.objects(), "object", "objects")
                                + (forgotten.bytes() == 0 ? "" : " (" + Amounts.size(forgotten.bytes()) + ")")
                                + " queued for '"
                                + forgotten.repository() + "'"
                                + (plan ? " would be removed from the spool" : " removed from the spool"));
        if (forgotten.isOfTheCluster()) {
            output.say("'" + forgotten.repository() + "' is still in repositories of the cluster: unless its keys are"
                    + " others, the next sync copies to it what it lacks, and until then the other repositories"
                    + " keep that. If it is gone for good, remove it from the configuration.");
        }
    }

    @Override
    public ObjectProgress copying(String title) {
        return output.progress(title, 0);
    }

    private void line(String text) {
        if (!output.isJson()) {
            output.line(text);
        }
    }

    /** Prints the document of the run. */
    public void finish() {
        if (output.isJson()) {
            output.json(new View(plan, deliveries, copies, refusals, failures));
        }
    }
}
