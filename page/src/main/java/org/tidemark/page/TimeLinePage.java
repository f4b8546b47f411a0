// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.time.Instant;
import org.tidemark.page.template.JtetimeLineGenerated;
import org.tidemark.watch.status.ClusterStatus;

/** The picture of the moments that can be restored, alone. */
public final class TimeLinePage {
    private TimeLinePage() {}

    /** An SVG document of the incarnation that lives; with nothing in it if none is known. */
    public static String svg(ClusterStatus status, Instant now) {
        TimeLine line = status.incarnations().stream()
                .findFirst()
                .map(each -> TimeLine.of(each, now))
                .orElseGet(() -> TimeLine.nothing(now));
        StringOutput svg = new StringOutput();
        JtetimeLineGenerated.render(new OwaspHtmlTemplateOutput(svg), null, line, true);
        return svg.toString();
    }
}
