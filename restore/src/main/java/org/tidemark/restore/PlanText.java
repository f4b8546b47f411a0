// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.restore.Finding.Severity;
import org.tidemark.restore.Finding.Topic;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.TargetFacts.PlaceFacts;

/** A plan as an operator reads it: one line for each topic, what was found below it. */
final class PlanText {
    private final StringBuilder text = new StringBuilder();
    private final RestorePlan plan;

    private PlanText(RestorePlan plan) {
        this.plan = plan;
    }

    static String of(PreparedRestore prepared) {
        return new PlanText(prepared.plan()).print(prepared);
    }

    private String print(PreparedRestore prepared) {
        text.append("PLAN for ").append(prepared.cluster().cluster()).append(" · nothing has been written\n");
        switch (plan) {
            case RestorePlan.NothingFits nothing -> {
                line(Topic.TARGET, target(plan.request()) + "; reachable: no");
                findings(Topic.BACKUP);
                findings(Topic.WAL);
            }
            case Chosen chosen -> printChosen(chosen, prepared);
        }
        int problems = plan.problems().size();
        text.append(problems == 0 ? "no problem" : problems == 1 ? "1 problem" : problems + " problems")
                .append('\n');
        return text.toString();
    }

    private static String reachable(Chosen chosen) {
        boolean perhaps = false;
        for (Finding finding : chosen.findings()) {
            if (finding.topic() == Topic.TARGET || finding.topic() == Topic.WAL) {
                if (finding.isProblem()) {
                    return "no";
                }
                perhaps |= finding.severity() == Finding.Severity.WARNING;
            }
        }
        return perhaps ? "not certain" : "yes";
    }

    private void printChosen(Chosen chosen, PreparedRestore prepared) {
        line(
                Topic.TARGET,
                target(chosen.request()) + ", timeline " + chosen.timeline() + "; reachable: "
                        + reachable(chosen) + "; then "
                        + chosen.request().effectiveAction().name().toLowerCase(Locale.ROOT));
        BackupCandidate backup = chosen.backup();
        line(
                Topic.BACKUP,
                backup.id() + ", ended " + moment(backup.ended()) + beforeTarget(chosen) + "; " + chosen.reason());
        title("read", Bytes.describe(backup.storedSizeBytes()));
        line(
                Topic.WRITE,
                Bytes.describe(backup.dataSizeBytes()) + ", "
                        + String.format(Locale.ROOT, "%,d", backup.files()) + " files to '"
                        + chosen.request().directory() + "'"
                        + prepared.facts().map(facts -> free(chosen, facts)).orElse(""));
        line(Topic.WAL, wal(chosen.wal()));
        for (Place place : chosen.places()) {
            if (place instanceof Place.Tablespace tablespace) {
                title(
                        "space",
                        tablespace.title() + " to '" + tablespace.directory() + "', "
                                + Bytes.describe(tablespace.sizeBytes()) + (tablespace.moved() ? ", moved" : ""));
            }
        }
        if (chosen.places().stream().anyMatch(place -> place instanceof Place.Tablespace of && of.moved())) {
            note("tablespace_map is written anew, so pg_verifybackup will find it changed");
        }
        findings(Topic.SPACE);
        line(
                Topic.SETTINGS,
                "postgresql.auto.conf: restore_command, recovery_target_*; archiving off; recovery.signal");
        findings(Topic.OUTSIDE);
        title("then", String.join(" · ", nextCommands(chosen)));
    }

    /** What an operator does once the files are in place. */
    static List<String> nextCommands(Chosen plan) {
        Path directory = plan.request().directory();
        List<String> commands = new ArrayList<>();
        commands.add("pg_ctl -D " + quoted(directory) + " start");
        switch (plan.request().effectiveAction()) {
            case PAUSE -> {
                commands.add("psql -c 'select pg_last_xact_replay_timestamp()', and look whether it is what you want");
                commands.add("psql -c 'select pg_wal_replay_resume()'");
            }
            case PROMOTE -> {
                commands.add("psql -c 'select pg_is_in_recovery()' until it says f");
                commands.add("look, then set archive_mode and archive_command again, and take a backup");
            }
            case SHUTDOWN -> {
                commands.add("wait until the server has ended by itself at the target");
                commands.add("remove recovery.signal to start it for good, or set another target");
            }
        }
        return commands;
    }

    private static String quoted(Path path) {
        String word = path.toString();
        return word.matches("[A-Za-z0-9_./:@+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private static String target(RestoreRequest request) {
        return switch (request.target()) {
            case RecoveryTarget.Latest latest -> "all the WAL that there is";
            case RecoveryTarget.Immediate immediate -> "as soon as the backup is consistent";
            case RecoveryTarget.AtTime at -> moment(at.time()) + bound(at.bound());
            case RecoveryTarget.AtLsn at -> at.lsn() + bound(at.bound());
            case RecoveryTarget.AtXid at -> "transaction " + Long.toUnsignedString(at.xid()) + bound(at.bound());
            case RecoveryTarget.AtRestorePoint at -> "restore point '" + at.name() + "'";
        };
    }

    private static String bound(Bound bound) {
        return switch (bound) {
            case INCLUSIVE -> ", inclusive";
            case EXCLUSIVE -> ", exclusive";
        };
    }

    private static String beforeTarget(Chosen chosen) {
        if (!(chosen.request().target() instanceof RecoveryTarget.AtTime at)) {
            return "";
        }
        Duration gap = Duration.between(chosen.backup().ended(), at.time());
        return gap.isNegative() ? "" : ", " + gap.toHours() + " h " + gap.toMinutesPart() + " min before the target";
    }

    private static String free(Chosen chosen, TargetFacts facts) {
        PlaceFacts place = facts.places().get(chosen.request().directory());
        return (place == null ? "" : "; free " + Bytes.describe(place.freeBytes())) + "; owner "
                + facts.owner().name();
    }

    private static String wal(WalNeed wal) {
        StringBuilder line = new StringBuilder();
        List<WalNeed.Run> runs = wal.runs();
        if (!runs.isEmpty()) {
            line.append(runs.getFirst().first())
                    .append(" .. ")
                    .append(runs.getLast().last())
                    .append(": ");
        }
        line.append(wal.segments() == 1 ? "1 segment, " : wal.segments() + " segments, ")
                .append(Bytes.describe(wal.storedBytes()))
                .append(wal.isWhole() ? ", all there" : ", " + wal.missing() + " missing");
        return line.toString();
    }

    /** To the second, as long as there is no fraction that counts. */
    private static String moment(Instant moment) {
        return moment.truncatedTo(ChronoUnit.MICROS).toString().replace('T', ' ');
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
        for (Finding each : plan.findings()) {
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
