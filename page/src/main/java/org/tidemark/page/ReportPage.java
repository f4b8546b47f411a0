// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.operations.drill.DrillProof.Verdict;
import org.tidemark.page.template.JtereportGenerated;
import org.tidemark.view.ProofWords;
import org.tidemark.watch.audit.Act;
import org.tidemark.watch.fleet.FleetLine;

/** Clusters in one document that needs nothing else: for a ticket, a mail, an auditor. */
public final class ReportPage {
    private ReportPage() {}

    /**
     * A cluster of a report.
     *
     * @param drilled what drills have proven, by their evidence
     * @param acts what was done in its repositories, the newest first
     * @param unread why these are not all
     */
    public record Part(
            ClusterOnPage cluster, Optional<Drilled> drilled, List<Act> acts, Optional<UserFacingException> unread) {
        public Part {
            acts = List.copyOf(acts);
        }
    }

    /**
     * What drills have proven.
     *
     * @param names of the repositories that are known
     */
    public record Drilled(DrillProof proof, Map<RepositoryId, String> names) {
        /** Of the verdict: worst is a drill that failed by the backup or its WAL, or evidence that is not whole. */
        public Severity severity() {
            if (proof.verdict() instanceof Verdict.Proven) {
                return Severity.OK;
            }
            return proof.drills().failureOfData().isPresent() || !proof.isWhole()
                    ? Severity.CRITICAL
                    : Severity.WARNING;
        }

        /** Of a drill: worst is a failure by the backup or its WAL. */
        public static Severity severity(DrillEvidence drill) {
            if (drill.isProven()) {
                return Severity.OK;
            }
            return drill.isFailureOfData() ? Severity.CRITICAL : Severity.WARNING;
        }

        /** What is told before the table of drills. */
        public List<String> sentences() {
            List<String> sentences = new ArrayList<>();
            sentences.addAll(ProofWords.judged(proof));
            sentences.add(ProofWords.time(proof));
            sentences.addAll(ProofWords.undrilled(proof));
            ProofWords.restore(proof).ifPresent(sentences::add);
            sentences.addAll(ProofWords.chains(proof, names));
            sentences.addAll(ProofWords.problems(proof));
            return sentences;
        }
    }

    /**
     * A whole document.
     *
     * @param since when the acts begin
     */
    public static String html(List<Part> parts, Instant since, Instant now) {
        List<Part> sorted = parts.stream()
                .sorted((one, other) -> FleetLine.WORST_FIRST.compare(
                        one.cluster().line(), other.cluster().line()))
                .toList();
        StringOutput html = new StringOutput();
        JtereportGenerated.render(new OwaspHtmlTemplateOutput(html), null, sorted, since, now);
        return html.toString();
    }
}
