// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.UserFacingException;
import org.tidemark.page.template.JtereportGenerated;
import org.tidemark.watch.audit.Act;
import org.tidemark.watch.fleet.FleetLine;

/** Clusters in one document that needs nothing else: for a ticket, a mail, an auditor. */
public final class ReportPage {
    private ReportPage() {}

    /**
     * A cluster of a report.
     *
     * @param acts what was done in its repositories, the newest first
     * @param unread why these are not all
     */
    public record Part(ClusterOnPage cluster, List<Act> acts, Optional<UserFacingException> unread) {
        public Part {
            acts = List.copyOf(acts);
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
