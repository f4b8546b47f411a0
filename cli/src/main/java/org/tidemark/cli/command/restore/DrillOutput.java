// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.cli.output.Output;
import org.tidemark.config.DrillSettings.Question;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.ShellWord;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.drill.DrillMoment;
import org.tidemark.operations.drill.DrillPlan;
import org.tidemark.operations.drill.DrillReport;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.operations.drill.Judgement;
import org.tidemark.operations.drill.StoredEvidence;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.view.Json;

/** What {@code drill} prints. */
public final class DrillOutput implements DrillRun.Observer {
    private static final String PART = " · ";

    private final Output output;
    private final DrillPlan plan;
    private final RecoverOutput restore;

    /**
     * The document.
     *
     * @param proven absent from a plan
     * @param timeline that of the moment; absent if no plan reaches it and none was asked for
     * @param evidence where what was judged is stored
     * @param directory of the copy that was kept
     */
    private record View(
            boolean dryRun,
            String cluster,
            Optional<Boolean> proven,
            Optional<Instant> provenTo,
            String target,
            Optional<String> value,
            Optional<Integer> timeline,
            String rule,
            Optional<Long> seed,
            Optional<String> backup,
            List<Judged> judgements,
            Optional<Seconds> seconds,
            Optional<List<Evidence>> evidence,
            Optional<Path> directory) {
        record Evidence(String repository, int number) {}

        record Judged(String name, boolean passed, Optional<String> fault, String detail) {
            static Judged of(Judgement judgement) {
                return new Judged(
                        judgement.name(),
                        judgement.isPassed(),
                        judgement.fault().map(Judgement.Fault::word),
                        judgement.detail());
            }
        }

        record Seconds(long files, long replay, long judging) {
            static Seconds of(DrillReport.Clock clock) {
                return new Seconds(
                        clock.files().toSeconds(),
                        clock.replay().toSeconds(),
                        clock.judging().toSeconds());
            }
        }
    }

    /** @param output of the command */
    public DrillOutput(Output output, DrillPlan plan) {
        this.output = output;
        this.plan = plan;
        this.restore = new RecoverOutput(output);
    }

    @Override
    public Restoring restoring(long bytes) {
        return restore.restoring(bytes);
    }

    @Override
    public Restoring copyingWal(long bytes) {
        return restore.copyingWal(bytes);
    }

    @Override
    public void tell(Finding finding) {
        restore.tell(finding);
    }

    @Override
    public Replaying replaying(RestorePlan.Chosen chosen, WalSegmentSize size) {
        RecoverOutput.Following following = restore.following(chosen, size);
        return new Replaying() {
            @Override
            public void replayed(Lsn upTo, Optional<Instant> commit) {
                following.replayed(upTo, commit);
            }

            @Override
            public void close() {
                following.close();
            }
        };
    }

    @Override
    public void begins(String what) {
        output.say(what);
    }

    /** Says what is restored, before it is. */
    void begins() {
        output.say("drill of " + moment() + ", into '" + plan.scratch() + "'");
    }

    /**
     * Prints the plan.
     *
     * @return whether it can be carried out
     */
    boolean planned(List<Question> questions) {
        RestorePlan restored = plan.prepared().plan();
        boolean isPossible = restored.problems().isEmpty();
        if (output.isJson()) {
            output.json(view(
                    true,
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()));
            return isPossible;
        }
        output.line(cluster() + PART + (isPossible ? "a drill of " : "NO drill of ") + moment());
        output.line("judged: every file by the manifest, the position and the transactions at the target, that a"
                + " transaction can write, that each database answers, tables and indexes by amcheck, every page");
        questions.forEach(each -> output.line(
                "asked:  " + each.name() + ", in database " + each.database() + ": expected is " + each.expected()));
        output.advise(plan.source().prepared().textOfTrial().stripTrailing());
        return isPossible;
    }

    /**
     * Prints the verdict first.
     *
     * @param held what was done that the last good backup stays
     */
    public void finish(DrillReport report, StoredEvidence evidence, List<Finding> held) {
        if (output.isJson()) {
            output.json(view(
                    false,
                    Optional.of(report.isProven()),
                    Json.list(report.judgements(), View.Judged::of),
                    report.provenTo(),
                    Optional.of(View.Seconds.of(report.clock())),
                    Optional.of(evidence.numbers().entrySet().stream()
                            .map(each -> new View.Evidence(each.getKey(), each.getValue()))
                            .toList()),
                    report.keptStart().map(_ -> plan.scratch())));
        } else {
            output.line(cluster() + PART + report.verdict());
            output.line("  " + moment()
                    + report.backup().map(each -> PART + "backup " + each).orElse(""));
            report.judgements()
                    .forEach(each -> output.line(
                            (each.isPassed() ? "  passed  " : "  FAILED  ") + each.name() + ": " + each.detail()));
            output.advise("  again: " + again());
            output.line("  files " + Amounts.duration(report.clock().files()) + PART + "replay "
                    + Amounts.duration(report.clock().replay()) + PART + "judging "
                    + Amounts.duration(report.clock().judging()));
            evidence.numbers()
                    .forEach((repository, number) ->
                            output.line("  evidence " + number + " of this host is stored in '" + repository + "'"));
        }
        evidence.warnings().forEach(each -> output.warn(each.message(), each.hint()));
        held.forEach(each -> output.warn(each.message(), each.hint()));
        report.failure()
                .ifPresent(each -> output.warn(
                        each.detail(),
                        plan.askedInVain()
                                .map(PlanFinding::hint)
                                .orElseGet(() -> each.fault().orElseThrow().hint())));
        report.keptStart()
                .ifPresent(start -> output.say("the copy is kept in '" + plan.scratch()
                        + "'; to start it: " + start + "\nto remove it, after its server was stopped: rm -r "
                        + ShellWord.quote(plan.scratch().toString())));
    }

    private View view(
            boolean isPlan,
            Optional<Boolean> proven,
            List<View.Judged> judgements,
            Optional<Instant> provenTo,
            Optional<View.Seconds> seconds,
            Optional<List<View.Evidence>> evidence,
            Optional<Path> directory) {
        RestorePlan restored = plan.source().prepared().plan();
        return new View(
                isPlan,
                cluster(),
                proven,
                provenTo,
                restored.request().target().kind().word(),
                plan.moment().value(),
                restored instanceof RestorePlan.Chosen chosen
                        ? Optional.of(chosen.timeline().id())
                        : plan.moment().timeline().map(Timeline::id),
                plan.moment().rule().word(),
                plan.seed().stream().boxed().findFirst(),
                plan.source().prepared().backup().map(each -> each.id().value()),
                judgements,
                seconds,
                evidence,
                directory);
    }

    private String cluster() {
        return plan.source().identity().cluster().value();
    }

    /** The same moment, whatever was archived since. */
    private String again() {
        CopyableCommand command = CopyableCommand.of(
                "drill",
                "--to",
                String.valueOf(plan.scratch().getParent()),
                "--target",
                plan.moment().value().orElse("latest"));
        return plan.moment()
                .timeline()
                .map(timeline -> command.with(List.of("--timeline", timeline.toString())))
                .orElse(command)
                .toString();
    }

    private String moment() {
        DrillMoment moment = plan.moment();
        return moment
                + moment.timeline().map(each -> " on timeline " + each).orElse("")
                + " (" + moment.rule()
                + plan.seed().stream()
                        .mapToObj(each -> "; --seed " + each)
                        .findFirst()
                        .orElse("") + ")";
    }
}
