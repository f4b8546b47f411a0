// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UtcTime;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.plan.Bytes;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.request.Role;

/** A plan as an operator reads it: the verdict, one line for each topic with its findings, and the next steps. */
final class PlanText {
    /** Headings, after the name of the cluster. */
    static final String PLANNED = "nothing has been written";

    static final String CARRIED_OUT = "is carried out now";

    static final String DONE = "as it was before the restore, which is complete";

    private final StringBuilder text = new StringBuilder();
    private final RestorePlan plan;

    private PlanText(RestorePlan plan) {
        this.plan = plan;
    }

    static String of(PreparedRestore prepared, String heading) {
        PlanText text = new PlanText(prepared.plan());
        text.print(prepared, heading);
        if (prepared.plan() instanceof Chosen chosen) {
            text.printNext(chosen, prepared);
        }
        return text.text.toString();
    }

    /** Where no operator does anything afterwards. */
    static String withoutSteps(PreparedRestore prepared, String heading) {
        PlanText text = new PlanText(prepared.plan());
        text.print(prepared, heading);
        return text.text.toString();
    }

    private void print(PreparedRestore prepared, String heading) {
        text.append("PLAN for ")
                .append(prepared.cluster().cluster())
                .append(" · ")
                .append(heading)
                .append(" · ")
                .append(verdict())
                .append('\n');
        switch (plan) {
            case RestorePlan.NothingFits nothing -> {
                line(Topic.TARGET, plan.request().target().text() + "; reachable: " + plan.reachable());
                findings(Topic.BACKUP);
                findings(Topic.WAL);
            }
            case Chosen chosen -> printChosen(chosen, prepared);
        }
    }

    private String verdict() {
        int problems = plan.problems().size();
        long warnings = plan.findings().stream()
                .filter(each -> each.severity() == Severity.WARNING)
                .count();
        return (problems == 0 ? "no problem" : Amounts.count(problems, "problem", "problems"))
                + (warnings == 0 ? "" : ", " + Amounts.count(warnings, "warning", "warnings"));
    }

    private void printChosen(Chosen chosen, PreparedRestore prepared) {
        line(
                Topic.TARGET,
                chosen.request().target().text() + created(chosen) + ", timeline " + chosen.timeline() + "; reachable: "
                        + chosen.reachable() + "; then "
                        + chosen.request().role().end());
        findings(Topic.STATE);
        BackupCandidate backup = chosen.backup();
        line(
                Topic.BACKUP,
                backup.id() + ", ended " + UtcTime.exact(backup.ended()) + beforeTarget(chosen) + "; "
                        + chosen.reason());
        title(
                "read",
                (chosen.start() instanceof StartFrom.Differing ? "what differs, at most " : "")
                        + Bytes.describe(backup.storedSizeBytes()));
        line(
                Topic.WRITE,
                (chosen.start() instanceof StartFrom.Differing ? "what differs of " : "")
                        + Bytes.describe(backup.dataSizeBytes()) + ", "
                        + String.format(Locale.ROOT, "%,d", backup.files()) + " files to '"
                        + chosen.request().directory() + "'"
                        + prepared.facts().map(facts -> free(chosen, facts)).orElse(""));
        line(Topic.WAL, wal(chosen.wal()));
        for (TargetDirectory target : chosen.directories()) {
            switch (target) {
                case TargetDirectory.DataDirectory _ -> {}
                case TargetDirectory.Tablespace tablespace ->
                    title(
                            "space",
                            tablespace.title() + " to '" + tablespace.path() + "', "
                                    + Bytes.describe(tablespace.sizeBytes())
                                    + (tablespace.moved() ? ", remapped" : ""));
                case TargetDirectory.WalDirectory wal -> title("space", "pg_wal is a link to '" + wal.path() + "'");
            }
        }
        if (chosen.directories().stream()
                .anyMatch(target -> target instanceof TargetDirectory.Tablespace of && of.moved())) {
            note("tablespace_map is rewritten, so pg_verifybackup will find it changed");
        }
        findings(Topic.SPACE);
        Role role = chosen.request().role();
        line(Topic.SETTINGS, "postgresql.auto.conf: " + role.settings() + "; " + role.signalFile());
        findings(Topic.OUTSIDE);
    }

    private void printNext(Chosen chosen, PreparedRestore prepared) {
        List<NextSteps.Step> steps = prepared.steps(chosen);
        if (steps.isEmpty()) {
            return;
        }
        title(
                "then",
                prepared.facts()
                        .map(facts -> "as user '" + facts.owner().name() + "':")
                        .orElse(""));
        for (int i = 0; i < steps.size(); i++) {
            note((i + 1) + ". " + steps.get(i).text() + (steps.get(i).commands().isEmpty() ? "." : ":"));
            // Far enough in to be told from the text.
            steps.get(i).commands().forEach(command -> note("     " + command));
        }
    }

    private static String created(Chosen chosen) {
        return chosen.restorePoint()
                .map(point -> " at " + point.end() + ", created " + UtcTime.exact(point.created()))
                .orElse("");
    }

    private static String beforeTarget(Chosen chosen) {
        if (!(chosen.request().target() instanceof RecoveryTarget.AtTime at)) {
            return "";
        }
        Duration gap = Duration.between(chosen.backup().ended(), at.time());
        return gap.isNegative() ? "" : ", " + Amounts.duration(gap) + " before the target";
    }

    private static String free(Chosen chosen, TargetFacts facts) {
        Optional<Long> free = Optional.ofNullable(
                        facts.directories().get(chosen.request().directory()))
                .flatMap(DirectoryFacts::freeBytes);
        return free.map(bytes -> "; free " + Bytes.describe(bytes)).orElse("") + "; owner "
                + facts.owner().name();
    }

    private static String wal(RequiredWal wal) {
        StringBuilder line = new StringBuilder();
        List<RequiredWal.Run> runs = wal.runs();
        if (!runs.isEmpty()) {
            line.append(runs.getFirst().first())
                    .append(" .. ")
                    .append(runs.getLast().last())
                    .append(": ");
        }
        line.append(wal.segments() == 1 ? "1 segment, " : wal.segments() + " segments, ")
                .append(Bytes.describe(wal.storedBytes()))
                .append(wal.isWhole() ? ", complete" : ", " + wal.missing() + " missing");
        return line.toString();
    }

    private void line(Topic topic, String content) {
        title(topic.name().toLowerCase(Locale.ROOT), content);
        findings(topic);
    }

    private void title(String title, String content) {
        String shown = title.equals("wal") ? "WAL" : title;
        text.append(String.format(Locale.ROOT, "%-10s", shown)).append(content).append('\n');
    }

    private void findings(Topic topic) {
        for (PlanFinding each : plan.findings()) {
            if (each.topic() != topic) {
                continue;
            }
            note(each.message()
                    + switch (each.severity()) {
                        case PROBLEM -> "   PROBLEM";
                        case WARNING -> "   WARNING";
                        case NOTE -> "";
                    });
            if (each.severity() != Severity.NOTE) {
                note("HINT: " + each.hint());
            }
        }
    }

    private void note(String line) {
        text.append(" ".repeat(10)).append(line).append('\n');
    }
}
