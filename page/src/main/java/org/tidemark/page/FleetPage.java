// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding.Severity;
import org.tidemark.page.template.JtefleetGenerated;
import org.tidemark.watch.fleet.FleetLine;

/** The page of many clusters: a line for each. */
public final class FleetPage {
    private FleetPage() {}

    /**
     * A whole document.
     *
     * @param lines in the order in which they are shown: the worst first
     */
    public static String html(List<FleetLine> lines, Instant now, Surroundings surroundings) {
        StringOutput html = new StringOutput();
        JtefleetGenerated.render(new OwaspHtmlTemplateOutput(html), null, lines, now, surroundings);
        return html.toString();
    }

    /** All of them in a sentence. */
    public static String sentence(List<FleetLine> lines) {
        if (lines.isEmpty()) {
            return "No cluster is known yet.";
        }
        long critical = count(lines, Severity.CRITICAL);
        long warning = count(lines, Severity.WARNING);
        if (critical + warning == 0) {
            return lines.size() == 1 ? "The cluster is well." : "All " + lines.size() + " clusters are well.";
        }
        return Stream.of(
                                critical == 0 ? "" : critical + " critical",
                                warning == 0 ? "" : warning + " with a warning",
                                (lines.size() - critical - warning) + " well")
                        .filter(each -> !each.isEmpty())
                        .collect(Collectors.joining(", "))
                + ", of " + Amounts.count(lines.size(), "cluster", "clusters") + ".";
    }

    /** When the oldest of the looks began of which they tell; empty if there was none. */
    public static Optional<Instant> asOf(List<FleetLine> lines) {
        return lines.stream().flatMap(each -> each.asOf().stream()).min(Comparator.naturalOrder());
    }

    private static long count(List<FleetLine> lines, Severity severity) {
        return lines.stream().filter(each -> each.severity() == severity).count();
    }
}
