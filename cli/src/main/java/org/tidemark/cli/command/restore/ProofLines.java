// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.Timeline;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.operations.drill.DrillProof.DrilledBackup;
import org.tidemark.operations.drill.DrillProof.Verdict;
import org.tidemark.view.ProofWords;

/** What {@code proof} prints of one incarnation. */
final class ProofLines {
    private static final String PART = " · ";

    private ProofLines() {}

    /**
     * Prints the verdict first.
     *
     * @param names of the repositories that this host knows
     * @param from since when drills are listed
     */
    static void print(Output output, DrillProof proof, Map<RepositoryId, String> names, Instant from, Instant now) {
        String cluster = proof.identity().cluster().value();
        output.line(cluster + PART + ProofWords.verdict(proof, now));
        if (proof.verdict() instanceof Verdict.NotProven not) {
            output.advise("  " + not.hint());
        }
        output.line("  as of " + Amounts.second(now));
        ProofWords.counted(proof).ifPresent(line -> output.line("  " + line));
        List<String> judged = ProofWords.judged(proof);
        judged.stream().limit(1).forEach(line -> output.line("  " + line));
        judged.stream().skip(1).forEach(line -> output.line("    " + line));
        output.line("  " + ProofWords.time(proof));
        ProofWords.undrilled(proof).forEach(line -> output.line("    " + line));
        ProofWords.restore(proof).ifPresent(line -> output.line("  " + line));
        ProofWords.chains(proof, names).forEach(line -> output.line("  " + line));
        ProofWords.problems(proof).forEach(line -> output.line("  " + line));
        table(output, "backups, by their last drill:", backups(proof));
        table(output, "questions, by the last drill that asked them:", questions(proof));
        table(output, "drills since " + Amounts.minute(from) + " UTC:", drills(proof, from));
    }

    private static void table(Output output, String title, TextTable table) {
        List<String> lines = table.lines();
        if (lines.size() > 1) {
            output.line("");
            output.line(title);
            lines.forEach(output::line);
        }
    }

    private static TextTable backups(DrillProof proof) {
        TextTable table = new TextTable(Column.left("ID"), Column.left("ENDED (UTC)"), Column.left("LAST DRILL"));
        for (DrilledBackup each : proof.backups()) {
            table.row(each.id().value(), Amounts.minute(each.ended()), ProofWords.lastDrill(proof, each));
        }
        return table;
    }

    /** Of the drills of one repository alone, the first one tells not since when a question was asked. */
    private static TextTable questions(DrillProof proof) {
        TextTable table = new TextTable(
                Column.left("QUESTION"),
                Column.left("ASKED (UTC)"),
                Column.left("UNCHANGED SINCE"),
                Column.left("RESULT"));
        proof.questions()
                .forEach(each -> table.row(
                        each.name(),
                        Amounts.minute(each.drill().ended()),
                        each.since()
                                .filter(_ -> proof.alone().isEmpty())
                                .map(Amounts::second)
                                .orElse("-"),
                        ProofWords.result(each)));
        return table;
    }

    private static TextTable drills(DrillProof proof, Instant from) {
        TextTable table = new TextTable(
                Column.left("ENDED (UTC)"),
                Column.left("EVIDENCE"),
                Column.left("HOST"),
                Column.left("READ FROM"),
                Column.left("MOMENT"),
                Column.right("TL"),
                Column.left("BACKUP"),
                Column.right("RESTORE"),
                Column.left("RESULT"));
        for (DrillEvidence drill : proof.drillsSince(from)) {
            table.row(
                    Amounts.second(drill.ended()),
                    ProofWords.evidence(proof, drill),
                    drill.host(),
                    ProofWords.read(drill),
                    ProofWords.target(drill),
                    drill.restored()
                            .map(DrillEvidence.Restored::timeline)
                            .map(Timeline::toString)
                            .orElse("-"),
                    drill.restored()
                            .map(DrillEvidence.Restored::backup)
                            .map(BackupId::value)
                            .orElse("-"),
                    Amounts.duration(drill.took().restore()),
                    ProofWords.result(proof, drill));
        }
        return table;
    }
}
