// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.time.Instant;
import org.tidemark.page.template.JteclusterGenerated;

/** The page of one cluster: is it protected, since when, what is lost, what to type. */
public final class ClusterPage {
    private ClusterPage() {}

    /** A whole document. */
    public static String html(ClusterOnPage cluster, Instant now, Surroundings surroundings) {
        StringOutput html = new StringOutput();
        JteclusterGenerated.render(new OwaspHtmlTemplateOutput(html), null, cluster, now, surroundings);
        return html.toString();
    }
}
