// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.operations.drill.DrillProof.DrilledBackup;
import org.tidemark.operations.drill.DrillProof.HeldChain;
import org.tidemark.operations.drill.DrillProof.Verdict;
import org.tidemark.operations.drill.Judgement.Fault;

/** What {@code proof} prints of one incarnation. */
final class ProofLines {
    private static final String PART = " · ";
    private static final String NEVER = "never";

    private ProofLines() {}

    /**
     * Prints the verdict first.
     *
     * @param names of the repositories that this host knows
     * @param from since when drills are listed
     */
    static void print(Output output, DrillProof proof, Map<RepositoryId, String> names, Instant from, Instant now) {
        String cluster = proof.identity().cluster().value();
        switch (proof.verdict()) {
            case Verdict.Proven proven ->
                output.line(cluster + PART + "PROVEN to " + moment(proven.by()) + ", by a drill "
                        + Amounts.duration(Duration.between(proven.by().ended(), now)) + " ago");
            case Verdict.NotProven not -> {
                output.line(cluster + PART + "NOT PROVEN: " + not.why());
                output.advise("  " + not.hint());
            }
        }
        output.line("  " + proof.time().percent() + "% of the recoverable time begins with a drilled backup");
        restore(proof).ifPresent(output::line);
        chains(proof, names).forEach(output::line);
        proof.chains()
                .forEach(chain -> chain.problems()
                        .forEach(problem -> output.line("  BROKEN: '" + problem.key() + "' in '" + chain.repository()
                                + "' " + problem.text())));
        table(output, "backups, by their last drill:", backups(proof.backups()));
        table(output, "drills since " + Amounts.minute(from) + " UTC:", drills(proof.drillsSince(from)));
    }

    private static void table(Output output, String title, TextTable table) {
        List<String> lines = table.lines();
        if (lines.size() > 1) {
            output.line("");
            output.line(title);
            lines.forEach(output::line);
        }
    }

    /** The commit, or what the drill restored to. */
    private static String moment(DrillEvidence drill) {
        return drill.provenTo().map(UtcTime::seconds).orElseGet(() -> target(drill));
    }

    private static String target(DrillEvidence drill) {
        return drill.target()
                .value()
                .map(value -> drill.target().kind().equals("time") ? UtcTime.seconds(UtcTime.parse(value)) : value)
                .orElse("the end of the archived WAL");
    }

    private static Optional<String> restore(DrillProof proof) {
        return proof.restore()
                .map(took -> "  the last restore took " + Amounts.duration(took)
                        + proof.rto()
                                .map(rto -> (took.compareTo(rto) > 0 ? ", longer than rto (" : ", within rto (")
                                        + Amounts.duration(rto) + ")")
                                .orElse(""));
    }

    private static List<String> chains(DrillProof proof, Map<RepositoryId, String> names) {
        return proof.chains().stream()
                .map(each -> "  evidence of " + each.chain().host().orElse("a host") + " in '" + each.repository() + "'"
                        + copied(each, names) + ": numbers "
                        + each.chain().first() + " to " + each.chain().last() + ", "
                        + (each.isWhole() ? "whole" : "BROKEN") + signatures(each))
                .toList();
    }

    private static String signatures(HeldChain held) {
        int all = held.chain().signed();
        return held.signed()
                .map(good -> ", " + good + " of " + held.chain().links().size() + " signed by a known key")
                .orElse(all == 0 ? "" : ", " + all + " signed, not checked: set drill.public-keys");
    }

    /** Where it was stored first, if that is another repository. */
    private static String copied(HeldChain held, Map<RepositoryId, String> names) {
        RepositoryId first = new RepositoryId(held.chain().keys().repository().toString());
        String name = names.getOrDefault(first, first.value());
        return name.equals(held.repository()) ? "" : ", copied from '" + name + "'";
    }

    private static TextTable backups(List<DrilledBackup> backups) {
        TextTable table = new TextTable(Column.left("ID"), Column.left("ENDED (UTC)"), Column.left("LAST DRILL"));
        for (DrilledBackup each : backups) {
            table.row(
                    each.id().value(),
                    Amounts.minute(each.ended()),
                    each.last()
                            .map(drill -> Amounts.minute(drill.ended()) + " " + result(drill))
                            .orElse(NEVER));
        }
        return table;
    }

    private static TextTable drills(List<DrillEvidence> drills) {
        TextTable table = new TextTable(
                Column.left("ENDED (UTC)"),
                Column.left("HOST"),
                Column.left("MOMENT"),
                Column.right("TL"),
                Column.left("BACKUP"),
                Column.right("RESTORE"),
                Column.left("RESULT"));
        for (DrillEvidence drill : drills) {
            table.row(
                    Amounts.minute(drill.ended()),
                    drill.host(),
                    target(drill),
                    drill.restored()
                            .map(DrillEvidence.Restored::timeline)
                            .map(Timeline::toString)
                            .orElse("-"),
                    drill.restored()
                            .map(DrillEvidence.Restored::backup)
                            .map(BackupId::value)
                            .orElse("-"),
                    Amounts.duration(drill.took().restore()),
                    result(drill));
        }
        return table;
    }

    private static String result(DrillEvidence drill) {
        return drill.failure()
                .map(each -> "FAILED " + each.name()
                        + each.fault()
                                .flatMap(Fault::of)
                                .map(fault -> ", by " + fault)
                                .orElse(""))
                .orElse("passed");
    }
}
